package yamldef

import (
	"encoding/json"
	"math"
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
			object[p.name] = d.value(p.value, s)
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
		if d.twoMeanings(n, s) {
			return nil
		}
		if number, ok := number(n); ok {
			return number
		}
	default:
		return n.Value
	}
	d.fault(n, s, "%s is not a value that JSON has", describe(n))
	return nil
}

// number returns a number as JSON writes it, with the digits it was written
// with where JSON allows that.
func number(n *yaml.Node) (json.Number, bool) {
	var f float64
	if n.Decode(&f) != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return "", false
	}
	if json.Valid([]byte(n.Value)) {
		return json.Number(n.Value), true
	}
	var i int64 // such as 0x1f or +5
	if n.ShortTag() == "!!int" && n.Decode(&i) == nil {
		return json.Number(strconv.FormatInt(i, 10)), true
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64)), true // such as .5
}
