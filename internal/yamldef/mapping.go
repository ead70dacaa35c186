package yamldef

import "go.yaml.in/yaml/v4"

// pair is a key of a mapping with its value.
type pair struct {
	name       string // the key's text
	key, value *yaml.Node
}

// mapping returns the pairs of a mapping with what it merges in (<<) behind
// them; its own keys win, then those of the first that is merged.
func (d *decoder) mapping(n *yaml.Node, s scope) []pair {
	if n.Kind != yaml.MappingNode {
		d.fault(n, s, "%s is not a mapping of names to values", describe(n))
		return nil
	}
	var pairs []pair
	var merge *yaml.Node
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		d.spent += visit
		for key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		isMerge := key.ShortTag() == "!!merge"
		line, twice := lines[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode, !isMerge && key.ShortTag() != "!!str":
			d.fault(key, s, "%s is not text; a key must be, quote it if need be", describe(key))
			continue
		case twice && isMerge:
			d.fault(key, s, "<< is there twice, the first in line %d; write <<: [*a, *b]", line)
			continue
		case twice:
			d.fault(key, s, "%s is there twice, the first in line %d", describe(key), line)
			d.ambiguous(key.Value, s)
			continue
		case isMerge:
			merge = value
		default:
			pairs = append(pairs, pair{key.Value, key, value})
		}
		lines[key.Value] = key.Line
	}
	if merge == nil {
		return pairs
	}
	for _, p := range d.merged(merge, s) {
		if _, twice := lines[p.name]; !twice {
			lines[p.name] = p.key.Line
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// ambiguous keeps quiet about what a field means that is there twice.
func (d *decoder) ambiguous(field string, s scope) {
	if s.places != nil && s.field == "" {
		s.faulty[field] = true
	}
}

// merged returns the pairs of what is merged: a mapping or a list of them.
func (d *decoder) merged(n *yaml.Node, s scope) []pair {
	n, ok := d.enter(n, &s)
	switch {
	case !ok:
		return nil
	case n.Kind == yaml.MappingNode:
		return d.mapping(n, s)
	case n.Kind == yaml.SequenceNode:
		var pairs []pair
		for _, item := range n.Content {
			pairs = append(pairs, d.merged(item, s)...)
		}
		return pairs
	}
	d.fault(n, s, "%s cannot be merged with <<; only mappings can", describe(n))
	return nil
}
