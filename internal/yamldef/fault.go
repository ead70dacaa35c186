package yamldef

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing wrong with a file.
type Fault struct {
	File   string `json:"file"`
	Line   int    `json:"line"` // from 1
	Column int    `json:"column"`
	Text   string `json:"text"` // which definition and field, and why

	reason string // the text without the definition
}

// Error is the place and what is wrong there.
func (f *Fault) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Text)
}

// Faults are all the things wrong with some files, by file and place.
type Faults []*Fault

// Error lists the faults, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// inOrder returns the faults by file and place. What several definitions have
// from one anchor is one fault, told of the first of them.
func (fs Faults) inOrder() Faults {
	seen := map[Fault]bool{}
	var once Faults
	for _, f := range fs {
		key := *f
		key.Text = ""
		if !seen[key] {
			seen[key] = true
			once = append(once, f)
		}
	}
	slices.SortStableFunc(once, func(a, b *Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return once
}

// position is a place in a file.
type position struct {
	file         string
	line, column int
}

func (p position) String() string { return fmt.Sprintf("%s:%d:%d", p.file, p.line, p.column) }

// fault is what is wrong at a place, with a field ("" for none) of a
// definition (kind "" for none).
func (p position) fault(kind, name, field, reason string) *Fault {
	if field != "" {
		reason = field + ": " + reason
	}
	text := reason
	if kind != "" {
		text = fmt.Sprintf("%s %s: %s", kind, quote(name), reason)
	}
	return &Fault{p.file, p.line, p.column, text, reason}
}

// quote quotes a text, or its beginning, so that a message stays a line.
func quote(text string) string {
	const most = 128 // the longest name
	if runes := []rune(text); len(runes) > most {
		return strconv.Quote(string(runes[:most])) + "…"
	}
	return strconv.Quote(text)
}
