package yamldef

import (
	"math"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func isNumber(n *yaml.Node) bool {
	tag := n.ShortTag()
	return n.Kind == yaml.ScalarNode && (tag == "!!int" || tag == "!!float")
}

// text reads a scalar as it is written: 1.10 stays 1.10.
func (d *decoder) text(n *yaml.Node, s scope) string {
	if n.Kind != yaml.ScalarNode {
		d.fault(n, s, "%s is not text", describe(n))
		return ""
	}
	return n.Value
}

func (d *decoder) boolean(n *yaml.Node, s scope) (b bool) {
	if n.ShortTag() == "!!bool" && n.Decode(&b) == nil {
		return b
	}
	hint := unquote(n)
	switch strings.ToLower(n.Value) {
	case "yes", "on", "y":
		hint = "; write true"
	case "no", "off", "n":
		hint = "; write false"
	}
	d.fault(n, s, "%s is not true or false%s", describe(n), hint)
	return false
}

func (d *decoder) whole(n *yaml.Node, s scope) (i int) {
	switch {
	case d.twoMeanings(n, s):
	case n.ShortTag() == "!!int" && n.Decode(&i) == nil:
		return i
	default:
		d.fault(n, s, "%s is not a whole number%s", describe(n), unquote(n))
	}
	return 0
}

func (d *decoder) fraction(n *yaml.Node, s scope) (f float64) {
	switch {
	case d.twoMeanings(n, s):
	case isNumber(n) && n.Decode(&f) == nil && !math.IsNaN(f) && !math.IsInf(f, 0):
		return f
	default:
		d.fault(n, s, "%s is not a number%s", describe(n), unquote(n))
	}
	return 0
}

// What a duration may be besides 0 and none, either sign: finer is noise,
// longer is a slip, and both could mean "none" by accident.
const (
	shortest = time.Millisecond
	longest  = 10_000 * 24 * time.Hour
)

func (d *decoder) duration(n *yaml.Node, s scope) duration {
	var length time.Duration
	switch {
	case isNumber(n):
		seconds := d.fraction(n, s)
		// Past the longest, whose conversion always succeeds, any will do.
		seconds = min(max(seconds, -2*longest.Seconds()), 2*longest.Seconds())
		length = time.Duration(math.Round(seconds * float64(time.Second)))
		if length == 0 && seconds != 0 {
			length = 1
		}
	case n.ShortTag() == "!!str":
		var err error
		if length, err = time.ParseDuration(n.Value); err != nil {
			d.fault(n, s, "%s is not a duration; write seconds, or text such as 1h30m", describe(n))
			return 0
		}
	default:
		d.fault(n, s, "%s is not a duration; write seconds, or text such as 1h30m", describe(n))
	}
	switch size := length.Abs(); {
	case size > longest:
		d.fault(n, s, "%s is longer than %d days", describe(n), longest/(24*time.Hour))
	case 0 < size && size < shortest:
		d.fault(n, s, "%s is shorter than a millisecond", describe(n))
	}
	return duration(length)
}

// manyWays matches numbers that YAML 1.1 and 1.2 read differently: 010 is
// eight or ten, 1_000 is a number or text.
var manyWays = regexp.MustCompile(`^[-+]?(0[0-9]|.*_)`)

// twoMeanings refuses such a number, which is a postal code or the like as
// often as not.
func (d *decoder) twoMeanings(n *yaml.Node, s scope) bool {
	if !isNumber(n) || !manyWays.MatchString(n.Value) {
		return false
	}
	d.fault(n, s, "%s can be read as more than one number or as text; quote it if it is text, else write it without leading 0 and _", n.Value)
	return true
}

// unquote is a hint for text that would be right without its quotes.
func unquote(n *yaml.Node) string {
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	var plain any
	if quoted && len(n.Value) < 20 && yaml.Unmarshal([]byte(n.Value), &plain) == nil {
		switch plain.(type) {
		case bool, int, float64:
			return "; write it without quotes"
		}
	}
	return ""
}

// describe names a node for a message.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return quote(n.Value)
}
