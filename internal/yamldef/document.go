package yamldef

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// document returns the content of the one document of a file, nil if there is
// none.
func (d *decoder) document(data []byte) *yaml.Node {
	var doc, next yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	err := dec.Decode(&doc)
	if err == nil {
		if err = dec.Decode(&next); err == nil {
			d.fault(&next, scope{}, "a file holds one document; put the next one into a file of its own")
		}
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		d.syntax(data, err)
		return nil
	case len(doc.Content) == 0 || isNull(doc.Content[0]):
		d.faultAt(position{d.file, 1, 1}, nothing)
		return nil
	}
	return doc.Content[0]
}

// syntax notes an error of the YAML parser's.
func (d *decoder) syntax(data []byte, err error) {
	at := position{d.file, 1, 1}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var e *yaml.LoadError
	if errors.As(err, &e) {
		text = e.Message
		if e.Mark.Line > 0 {
			at.line, at.column = e.Mark.Line, max(1, e.Mark.Column)
		}
		if begun := e.ContextMark.Line; begun > 0 && begun < at.line {
			text += fmt.Sprintf(" of what begins in line %d", begun)
		}
	}
	if !utf8.Valid(data) {
		at = invalid(data, at)
		text = "not UTF-8 from here; save the file as UTF-8"
	} else if lines := bytes.Split(data, []byte("\n")); at.line <= len(lines) {
		text += syntaxHint(string(lines[at.line-1]))
	}
	d.faultAt(at, "not YAML: "+text)
}

// syntaxHint says what is probably wrong with a line, as the parser's own
// words are about the parser.
func syntaxHint(line string) string {
	if indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]; strings.Contains(indent, "\t") {
		return "; indent with spaces, not tabs"
	}
	_, value, isField := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch {
	case !isField || value == "":
	case strings.ContainsAny(value[:1], "*@%`&!|>"):
		return fmt.Sprintf("; a value that begins with %s must be quoted", value[:1])
	case strings.Contains(value, ": "):
		return "; a value that contains a colon and a space must be quoted"
	}
	return ""
}

// invalid returns the place of the first byte that is not UTF-8.
func invalid(data []byte, at position) position {
	at.line, at.column = 1, 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		at.column++
		if r == '\n' {
			at.line, at.column = at.line+1, 1
		}
		data = data[size:]
	}
	return at
}
