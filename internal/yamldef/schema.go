package yamldef

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// Schema returns the JSON Schema (draft 2020-12) of the format, made from its
// types.
func Schema() ([]byte, error) {
	schema := objectSchema(reflect.TypeFor[file]())
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "Taskflow definitions"
	schema["description"] = "Tasks and workflows, as taskflow --taskflow FILE reads them."
	schema["patternProperties"] = map[string]any{"^x-": true}
	schema["$defs"] = map[string]any{
		"workflow": objectSchema(reflect.TypeFor[workflow]()),
		"task":     objectSchema(reflect.TypeFor[task]()),
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(schema)
	return out.Bytes(), err
}

// objectSchema is the schema of a struct of the format.
func objectSchema(t reflect.Type) map[string]any {
	properties := map[string]any{}
	var required []string
	for _, field := range reflect.VisibleFields(t) {
		name := field.Tag.Get("yaml")
		if name == "" {
			continue
		}
		properties[name] = fieldSchema(field)
		if field.Tag.Get("required") != "" {
			required = append(required, name)
		}
	}
	schema := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if required != nil {
		schema["required"] = required
	}
	return schema
}

// fieldSchema is the schema of a field, with what its tags say.
func fieldSchema(field reflect.StructField) map[string]any {
	schema := typeSchema(field.Type)
	schema["description"] = field.Tag.Get("doc")
	if words := field.Tag.Get("enum"); words != "" {
		schema["enum"] = strings.Split(words, ",")
	}
	if pattern := field.Tag.Get("pattern"); pattern != "" {
		schema["pattern"] = pattern
	}
	for tag, key := range map[string]string{"min": "minimum", "max": "maximum"} {
		if n, err := strconv.Atoi(field.Tag.Get(tag)); err == nil {
			schema[key] = n
		}
	}
	if value, ok := field.Tag.Lookup("default"); ok {
		schema["default"] = value
		var parsed any
		if json.Unmarshal([]byte(value), &parsed) == nil {
			schema["default"] = parsed
		}
	}
	return schema
}

// typeSchema is the schema of what a type is written as. A list or mapping may
// be left empty, which to YAML is null.
func typeSchema(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[duration]():
		return map[string]any{"anyOf": []any{
			map[string]any{"type": "number", "minimum": 0},
			map[string]any{"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`},
		}}
	case reflect.TypeFor[date]():
		return map[string]any{"type": "string", "pattern": datePattern}
	case reflect.TypeFor[workflow](), reflect.TypeFor[task]():
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeSchema(t.Elem())
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": typeSchema(t.Elem())}
	case reflect.Map:
		schema := map[string]any{"type": []string{"object", "null"}}
		if t.Elem().Kind() == reflect.String {
			schema["additionalProperties"] = map[string]any{"type": []string{"string", "number", "boolean"}}
		}
		return schema
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string"}
}
