package yamldef

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// position is a place in a file.
type position struct {
	file         string
	line, column int
}

// places remembers where a definition's fields stand, for faults that are
// found later.
type places struct {
	start  position
	fields map[string]position            // by field: its value
	items  map[string]map[string]position // by field: the items of a list, the keys of a map
	faulty map[string]bool                // fields that have a fault already
}

// decoder reads one file into the types of the format.
type decoder struct {
	file   string
	faults Faults
	places map[any]*places // by *task or *workflow
	nodes  int             // visited so far, aliases included
}

// maxNodes bounds what aliases can blow up to; maxDepth what they can nest.
const (
	maxNodes = 1_000_000
	maxDepth = 100
)

func (d *decoder) at(n *yaml.Node) position { return position{d.file, n.Line, n.Column} }

// scope is the definition and the field that a node belongs to.
type scope struct {
	kind, name string // "" at the top level
	field      string
	places     *places
	depth      int
}

func (s scope) in(field string) scope {
	s.field = field
	return s
}

// fault notes a fault of form, and that its field needs no other.
func (d *decoder) fault(n *yaml.Node, s scope, reason string, args ...any) {
	text := fmt.Sprintf(reason, args...)
	if s.field != "" {
		text = s.field + ": " + text
	}
	if s.kind != "" {
		text = fmt.Sprintf("%s %q: %s", s.kind, s.name, text)
	}
	d.faults = append(d.faults, faultAt(d.at(n), text))
	if s.places != nil {
		s.places.faulty[s.field] = true
	}
}

// enter follows an alias, and refuses what is nested or repeated too much.
func (d *decoder) enter(n *yaml.Node, s *scope) (*yaml.Node, bool) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	s.depth++
	d.nodes++
	if s.depth > maxDepth || d.nodes > maxNodes {
		if d.nodes <= maxNodes+1 { // say it once
			d.fault(n, *s, "nested too deeply, or aliases repeat too much")
			d.nodes = maxNodes + 1
		}
		return nil, false
	}
	return n, true
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// decode reads a node into v, whose type says what is expected.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, s scope) {
	n, ok := d.enter(n, &s)
	if !ok || isNull(n) { // nothing is the same as not there
		return
	}
	switch target := v.Addr().Interface().(type) {
	case *seconds:
		d.seconds(n, target, s)
	case *date:
		*target = date(d.text(n, s))
	case *string:
		*target = d.text(n, s)
	case *bool:
		if n.ShortTag() != "!!bool" || n.Decode(target) != nil {
			d.fault(n, s, "%s is not true or false", describe(n))
		}
	case *int:
		if n.ShortTag() != "!!int" || n.Decode(target) != nil {
			d.fault(n, s, "%s is not a whole number", describe(n))
		}
	case *float64:
		if tag := n.ShortTag(); tag != "!!int" && tag != "!!float" || n.Decode(target) != nil {
			d.fault(n, s, "%s is not a number", describe(n))
		}
	case *map[string]string:
		*target = map[string]string{}
		for _, p := range d.mapping(n, s) {
			d.note(s, p.key.Value, p.key)
			(*target)[p.key.Value] = d.text(p.value, s)
		}
	case *map[string]any:
		if n.Kind != yaml.MappingNode {
			d.fault(n, s, "%s is not a mapping of names to values", describe(n))
			return
		}
		value, _ := d.value(n, s).(map[string]any)
		*target = value
		for i := 0; i+1 < len(n.Content); i += 2 {
			d.note(s, n.Content[i].Value, n.Content[i])
		}
	default:
		d.decodeKind(n, v, s)
	}
}

// decodeKind reads pointers, lists and structs.
func (d *decoder) decodeKind(n *yaml.Node, v reflect.Value, s scope) {
	switch v.Kind() {
	case reflect.Pointer:
		target := reflect.New(v.Type().Elem())
		before := len(d.faults)
		d.decode(n, target.Elem(), s)
		// A definition with faults still counts, for those that refer to it.
		if d.places[target.Interface()] != nil || len(d.faults) == before {
			v.Set(target)
		}
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			d.fault(n, s, "%s is not a list; write [a, b] or a line with - for each", describe(n))
			return
		}
		for _, item := range n.Content {
			element := reflect.New(v.Type().Elem()).Elem()
			d.decode(item, element, s)
			if element.Kind() == reflect.Pointer && element.IsNil() {
				continue // an item that is nothing
			}
			if element.Kind() == reflect.String {
				d.note(s, element.String(), item)
			}
			v.Set(reflect.Append(v, element))
		}
	case reflect.Struct:
		d.structure(n, v, s)
	default:
		panic(fmt.Sprintf("yamldef: no way to read a %s", v.Type()))
	}
}

// note remembers where an item of a field stands.
func (d *decoder) note(s scope, item string, n *yaml.Node) {
	if s.places == nil {
		return
	}
	if s.places.items[s.field] == nil {
		s.places.items[s.field] = map[string]position{}
	}
	s.places.items[s.field][item] = d.at(n) // the last one, which is the one too many
}

// structure reads a mapping into a struct of the format.
func (d *decoder) structure(n *yaml.Node, v reflect.Value, s scope) {
	if n.Kind != yaml.MappingNode {
		what := "definitions, with the keys workflows and tasks"
		if v.Type() != reflect.TypeFor[file]() {
			what = "a mapping of fields to values"
		}
		d.fault(n, s, "%s is not %s", describe(n), what)
		return
	}
	if v.Type() != reflect.TypeFor[file]() {
		s = scope{kind: v.Type().Name(), name: nameOf(n), depth: s.depth, places: &places{
			start: d.at(n), fields: map[string]position{}, items: map[string]map[string]position{}, faulty: map[string]bool{},
		}}
		d.places[v.Addr().Interface()] = s.places
	}
	known := fieldsOf(v.Type())
	for _, p := range d.mapping(n, s) {
		name := p.key.Value
		index, ok := known.index[name]
		switch {
		case ok:
		case s.kind == "" && strings.HasPrefix(name, "x-"):
			continue // a place for anchors
		default:
			d.fault(p.key, s, "unknown field %q%s", name, closest(name, known.names))
			continue
		}
		field := v.FieldByIndex(index)
		if s.places != nil {
			s.places.fields[name] = d.at(p.value)
		}
		d.decode(p.value, field, s.in(name))
		d.bounds(p.value, field, v.Type().FieldByIndex(index), s.in(name))
	}
}

// bounds holds whole numbers against the least that the format says, unless
// they are negative, which package taskflow refuses.
func (d *decoder) bounds(n *yaml.Node, v reflect.Value, field reflect.StructField, s scope) {
	least, err := strconv.Atoi(field.Tag.Get("min"))
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if err == nil && v.IsValid() && v.CanInt() && v.Int() >= 0 && v.Int() < int64(least) {
		d.fault(n, s, "%d is less than %d", v.Int(), least)
	}
}

// pair is a key of a mapping with its value.
type pair struct{ key, value *yaml.Node }

// mapping returns the pairs of a mapping with what it merges in (<<) behind
// them; its own keys win.
func (d *decoder) mapping(n *yaml.Node, s scope) []pair {
	if n.Kind != yaml.MappingNode {
		d.fault(n, s, "%s is not a mapping of names to values", describe(n))
		return nil
	}
	var pairs []pair
	var merged []*yaml.Node
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge":
			merged = append(merged, value)
		case key.Kind != yaml.ScalarNode:
			d.fault(key, s, "a key must be a plain word")
		case seen[key.Value]:
			d.fault(key, s, "%q is there twice", key.Value)
		default:
			seen[key.Value] = true
			pairs = append(pairs, pair{key, value})
		}
	}
	for len(merged) > 0 {
		from, ok := d.enter(merged[0], &s)
		merged = merged[1:]
		switch {
		case !ok:
			return pairs
		case from.Kind == yaml.SequenceNode:
			merged = append(slices.Clone(from.Content), merged...)
		case from.Kind == yaml.MappingNode:
			for _, p := range d.mapping(from, s) {
				if !seen[p.key.Value] {
					seen[p.key.Value] = true
					pairs = append(pairs, p)
				}
			}
		default:
			d.fault(from, s, "only mappings can be merged with <<")
		}
	}
	return pairs
}

// text reads a scalar as it is written.
func (d *decoder) text(n *yaml.Node, s scope) string {
	n, ok := d.enter(n, &s)
	if !ok || isNull(n) {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		d.fault(n, s, "%s is not text", describe(n))
		return ""
	}
	return n.Value
}

func (d *decoder) seconds(n *yaml.Node, target *seconds, s scope) {
	tag := n.ShortTag()
	if tag == "!!int" || tag == "!!float" {
		var number float64
		if n.Decode(&number) == nil && number < 1e9 && number > -1e9 { // 30 years; false for .nan
			*target = seconds(number)
			return
		}
	}
	if duration, err := time.ParseDuration(n.Value); n.Kind == yaml.ScalarNode && err == nil && tag == "!!str" {
		*target = seconds(duration.Seconds())
		return
	}
	d.fault(n, s, "%s is not a duration; write seconds, or text such as 1h30m", describe(n))
}

// describe names a node for a message.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	const most = 40
	if text := []rune(n.Value); len(text) > most {
		return strconv.Quote(string(text[:most])) + "…"
	}
	return strconv.Quote(n.Value)
}

// nameOf returns the name in a definition's mapping, for messages.
func nameOf(n *yaml.Node) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "name" {
			return n.Content[i+1].Value
		}
	}
	return ""
}

// fields are the fields of a struct of the format, those of embedded structs
// included.
type fields struct {
	names []string
	index map[string][]int
}

func fieldsOf(t reflect.Type) fields {
	f := fields{index: map[string][]int{}}
	for _, field := range reflect.VisibleFields(t) {
		if name := field.Tag.Get("yaml"); name != "" {
			f.names = append(f.names, name)
			f.index[name] = field.Index
		}
	}
	return f
}
