package yamldef

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// decoder reads one file into the types of the format.
type decoder struct {
	file   string
	faults Faults
	places map[any]*places // by *task or *workflow
	spent  int             // of budget
	gaveUp bool            // there is a fault that says so
}

// Each visit of a node costs visit and the length of its text; one that an
// alias repeats costs again. A file without aliases stays within the budget
// whatever is in it: "a," is a byte of text and two nodes at most.
const (
	visit    = 6
	budget   = 8 * maxFile
	maxDepth = 100 // of lists and mappings in each other, through aliases too
)

// scope is the definition and the field that a node belongs to.
type scope struct {
	*places // nil at the top level
	field   string
	depth   int
}

func (s scope) in(field string) scope {
	s.field = field
	return s
}

func (d *decoder) at(n *yaml.Node) position {
	return position{d.file, max(1, n.Line), max(1, n.Column)}
}

// fault notes a fault of form, and that its field needs no other.
func (d *decoder) fault(n *yaml.Node, s scope, reason string, args ...any) {
	reason = fmt.Sprintf(reason, args...)
	if s.places == nil {
		d.faults = append(d.faults, d.at(n).fault("", "", s.field, reason))
		return
	}
	d.faults = append(d.faults, d.at(n).fault(s.kind, s.name, s.field, reason))
	s.faulty[s.field] = true
}

// faultAt notes a fault of the file as a whole.
func (d *decoder) faultAt(at position, reason string) {
	d.faults = append(d.faults, at.fault("", "", "", reason))
}

// faultLater notes a fault of form in a field of a definition that was read.
func (d *decoder) faultLater(definition any, field, reason string) {
	p := d.places[definition]
	d.faults = append(d.faults, p.find(field, "").fault(p.kind, p.name, field, reason))
	p.faulty[field] = true
}

// enter follows an alias, and refuses what is nested or repeated too much and
// tags that mean something to other programs.
func (d *decoder) enter(n *yaml.Node, s *scope) (*yaml.Node, bool) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	s.depth++
	d.spent += visit + len(n.Value)
	switch {
	case d.gaveUp:
		return nil, false
	case s.depth > maxDepth:
		d.gaveUp = true
		d.fault(n, *s, "nested more than %d deep; does an alias contain itself?", maxDepth)
		return nil, false
	case d.spent > budget:
		d.gaveUp = true
		d.fault(n, *s, "the aliases repeat too much")
		return nil, false
	case !slices.Contains(plainTags, n.ShortTag()):
		d.fault(n, *s, "the tag %s is not supported; write the value itself", n.ShortTag())
		return nil, false
	}
	return n, true
}

var plainTags = []string{"!!null", "!!bool", "!!int", "!!float", "!!str", "!!timestamp", "!!seq", "!!map", "!!merge", "!", ""}

// decode reads a node into v, whose type says what is expected.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, s scope) {
	n, ok := d.enter(n, &s)
	if !ok {
		return
	}
	if isNull(n) {
		if v.Kind() != reflect.Slice && v.Kind() != reflect.Map { // those are empty
			d.fault(n, s, "there is no value; write one, or remove the line")
		}
		return
	}
	switch target := v.Addr().Interface().(type) {
	case *duration:
		*target = d.duration(n, s)
	case *date:
		*target = date(d.text(n, s))
	case *string:
		*target = d.text(n, s)
	case *bool:
		*target = d.boolean(n, s)
	case *int:
		*target = d.whole(n, s)
	case *float64:
		*target = d.fraction(n, s)
	case *map[string]string:
		*target = object(d, n, s, func(n *yaml.Node, s scope) string {
			var value string
			d.decode(n, reflect.ValueOf(&value).Elem(), s)
			return value
		})
	case *map[string]any:
		*target = object(d, n, s, d.value)
	default:
		d.decodeKind(n, v, s)
	}
}

// object reads a field that maps names to values, and notes where they stand.
func object[V any](d *decoder, n *yaml.Node, s scope, read func(*yaml.Node, scope) V) map[string]V {
	values := map[string]V{}
	for _, p := range d.mapping(n, s) {
		d.note(s, p.name, p.key)
		values[p.name] = read(p.value, s)
	}
	return values
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
			d.fault(n, s, "%s is not a list; write [a, b], or lines that begin with -", describe(n))
			return
		}
		for _, item := range n.Content {
			element := reflect.New(v.Type().Elem()).Elem()
			d.decode(item, element, s)
			if element.Kind() == reflect.Pointer && element.IsNil() {
				continue // it has a fault
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

// note remembers where an item of a field stands; of equal ones the last,
// which is the one too many.
func (d *decoder) note(s scope, item string, n *yaml.Node) {
	if s.items[s.field] == nil {
		s.items[s.field] = map[string]position{}
	}
	s.items[s.field][item] = d.at(n)
}

// structure reads a mapping into a struct of the format.
func (d *decoder) structure(n *yaml.Node, v reflect.Value, s scope) {
	top := v.Type() == reflect.TypeFor[file]()
	if n.Kind != yaml.MappingNode {
		what := "a mapping of fields to values"
		if top {
			what = "a mapping with the keys workflows and tasks"
		}
		d.fault(n, s, "%s is not %s", describe(n), what)
		return
	}
	if !top {
		s = scope{depth: s.depth, places: &places{
			kind: v.Type().Name(), name: nameOf(n), start: d.at(n),
			fields: map[string]position{}, items: map[string]map[string]position{}, faulty: map[string]bool{},
		}}
		d.places[v.Addr().Interface()] = s.places
	}
	known := fieldsOf(v.Type())
	present := map[string]bool{}
	pairs := d.mapping(n, s)
	for _, p := range pairs {
		present[p.name] = true
	}
	for _, p := range pairs {
		index, ok := known.index[p.name]
		switch {
		case ok:
			if !top {
				s.fields[p.name] = d.at(p.value)
			}
			d.decode(p.value, v.FieldByIndex(index), s.in(p.name))
			d.bounds(p.value, v.FieldByIndex(index), v.Type().FieldByIndex(index), s.in(p.name))
		case top && strings.HasPrefix(p.name, "x-"): // a place for anchors
		default:
			d.unknown(p, s, known.names, present)
		}
	}
	for _, name := range known.required {
		if !present[name] && !s.faulty[name] && !d.gaveUp {
			d.fault(n, s.in(name), "is missing")
		}
	}
}

// unknown notes a field that there is not. The one that was meant, if it is
// not there as well, shall not be called missing.
func (d *decoder) unknown(p pair, s scope, names []string, present map[string]bool) {
	meant := closest(p.name, names)
	hint := ""
	if meant != "" {
		hint = fmt.Sprintf("; did you mean %s?", meant)
		if s.places != nil && !present[meant] {
			s.faulty[meant] = true
		}
	}
	d.fault(p.key, s.in(""), "unknown field %s%s", describe(p.key), hint)
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

// nameOf returns the name in a definition's mapping, for messages.
func nameOf(n *yaml.Node) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := n.Content[i+1]
		for value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if n.Content[i].Value == "name" && !isNull(value) {
			return value.Value
		}
	}
	return ""
}

// fields are the fields of a struct of the format, those of embedded structs
// included.
type fields struct {
	names, required []string
	index           map[string][]int
}

func fieldsOf(t reflect.Type) fields {
	f := fields{index: map[string][]int{}}
	for _, field := range reflect.VisibleFields(t) {
		name := field.Tag.Get("yaml")
		if name == "" {
			continue
		}
		f.names = append(f.names, name)
		f.index[name] = field.Index
		if field.Tag.Get("required") != "" {
			f.required = append(f.required, name)
		}
	}
	return f
}
