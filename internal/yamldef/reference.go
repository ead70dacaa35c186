package yamldef

import (
	"fmt"
	"reflect"
	"strings"
)

//go:generate go run ./schemagen ../../docs

// Reference returns the tables of the format's fields as Markdown, made from
// its types.
func Reference() []byte {
	var b strings.Builder
	b.WriteString("# Fields of the YAML format\n\n" +
		"Made from the code by `make generate`. How the format works is in [yaml.md](yaml.md).\n")
	inTask := map[string]bool{}
	for _, section := range []struct {
		title string
		of    reflect.Type
		skip  map[string]bool
	}{
		{"Tasks and workflows", reflect.TypeFor[common](), nil},
		{"Workflows", reflect.TypeFor[workflow](), inTask},
		{"Tasks", reflect.TypeFor[task](), inTask},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n| field | type | default | meaning |\n|---|---|---|---|\n", section.title)
		for _, field := range reflect.VisibleFields(section.of) {
			name := field.Tag.Get("yaml")
			if name == "" || section.skip[name] {
				continue
			}
			if section.skip == nil {
				inTask[name] = true // said once
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, typeWord(field), defaultWord(field), field.Tag.Get("doc"))
		}
	}
	return []byte(b.String())
}

func typeWord(field reflect.StructField) string {
	if words := field.Tag.Get("enum"); words != "" {
		return strings.ReplaceAll(words, ",", ", ")
	}
	t := field.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[duration]():
		return "seconds, or text such as `1h30m`"
	case t == reflect.TypeFor[date]():
		return "date or time"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Pointer:
		return "list of tasks"
	case t.Kind() == reflect.Slice:
		return "list of names"
	case t.Kind() == reflect.Map:
		return "mapping"
	case t.Kind() == reflect.Bool:
		return "true, false"
	case t.Kind() == reflect.Int:
		return "whole number"
	case t.Kind() == reflect.Float64:
		return "number"
	}
	return "text"
}

func defaultWord(field reflect.StructField) string {
	if field.Tag.Get("required") != "" {
		return "required"
	}
	if value, ok := field.Tag.Lookup("default"); ok {
		return "`" + value + "`"
	}
	return "–"
}
