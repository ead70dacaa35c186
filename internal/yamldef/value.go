package yamldef

import (
	"encoding/json"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// value reads a node as a JSON value. Numbers keep their digits; times stay
// text, as JSON has none.
func (d *decoder) value(n *yaml.Node, s scope) any {
	n, ok := d.enter(n, &s)
	if !ok {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		for _, p := range d.mapping(n, s) {
			object[p.key.Value] = d.value(p.value, s)
		}
		return object
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = d.value(item, s)
		}
		return list
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int", "!!float":
		if number, ok := number(n); ok {
			return number
		}
	case "!!str", "!!timestamp":
		return n.Value
	}
	d.fault(n, s, "%s is not a value that JSON has", describe(n))
	return nil
}

// number returns a number as JSON writes it.
func number(n *yaml.Node) (json.Number, bool) {
	if json.Valid([]byte(n.Value)) {
		return json.Number(n.Value), true
	}
	var i int64 // such as 0x1f or 1_000
	if n.ShortTag() == "!!int" && n.Decode(&i) == nil {
		return json.Number(strconv.FormatInt(i, 10)), true
	}
	var f float64 // such as .5; not .inf
	if n.Decode(&f) == nil {
		text := strconv.FormatFloat(f, 'g', -1, 64)
		return json.Number(text), json.Valid([]byte(text))
	}
	return "", false
}
