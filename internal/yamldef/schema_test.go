package yamldef

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"
)

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"taskflow.schema.json": schema, "yaml-fields.md": Reference()} {
		got, err := os.ReadFile(filepath.Join("../../docs", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/%s is stale (%v); run: make generate", name, err)
		}
	}
}

func TestTheSchemaAcceptsAndRefusesWhatTheReaderDoes(t *testing.T) {
	t.Parallel()
	resolved := resolvedSchema(t)
	for text, ok := range map[string]bool{
		strings.NewReplacer("2026-01-31 06:00", "'2026-01-31 06:00'", "2026-01-31\n", "'2026-01-31'\n", "2026-02-28", "'2026-02-28'").Replace(everyField): true,
		"tasks: [{name: a, command: x, timeout: 1h30m}]":        true,
		"x-y: 1\ntasks: [{name: a, command: x}]":                true,
		"tasks: [{name: a, command: x, timeout: soon}]":         false,
		"tasks: [{name: a, command: x, comand: y}]":             false,
		"tasks: [{name: a b, command: x}]":                      false,
		"tasks: [{command: x}]":                                 false,
		"tasks: [{name: a, command: x, retries: -1}]":           false,
		"tasks: [{name: a, command: x, retries: two}]":          false,
		"tasks: [{name: a, command: x, missed: some}]":          false,
		"tasks: [{name: a, command: x, missed_limit: 0}]":       false,
		"workflows: [{name: w, tasks: [{name: a, run_if: x}]}]": false,
		"workflows: [{name: w}]":                                false,
		"wrokflows: []":                                         false,
		"tasks: {name: a}":                                      false,
		"tasks: [{name: a, command: x, timeout: -1}]":           false,
		"tasks: [{name: a, command: x, timeout: 0.5}]":          true,
		"tasks: [{name: a, command: x, concurrency: 0}]":        true,
		"tasks: [{name: a, command: x, concurrency: 1.5}]":      false,
		"tasks: [{name: a, command: x, retry_jitter: 2}]":       false,
		"tasks: [{name: a, command: x, active: yes}]":           false,
		"tasks: [{name: a, command: x, title: }]":               false,
		"tasks: [{name: a, command: x, params: , env: }]":       true,
		"tasks: [{name: a, command: x, env: {A: 1, B: true}}]":  true,
		"tasks: [{name: a, command: x, env: {A: [1]}}]":         false,
		"tasks: [{name: a, command: x, start_date: someday}]":   false,
		"tasks: [{name: a, command: x, depends_on: b}]":         false,
	} {
		value := asJSON(t, text)
		if err := resolved.Validate(value); (err == nil) != ok {
			t.Errorf("the schema says %v of\n%s", err, text)
		}
		if _, faults := read(t, text); (faults == "") != ok {
			t.Errorf("the reader says %q of\n%s", faults, text)
		}
	}
}

func resolvedSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	raw, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// asJSON is what an editor holds against the schema.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(plain, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestTheSchemaTheReaderAndTheTestsKnowTheSameFields(t *testing.T) {
	t.Parallel()
	raw, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	for kind, of := range map[string]reflect.Type{"workflow": reflect.TypeFor[workflow](), "task": reflect.TypeFor[task]()} {
		known := slices.Sorted(slices.Values(fieldsOf(of).names))
		if got := slices.Sorted(maps.Keys(schema.Defs[kind].Properties)); !slices.Equal(got, known) {
			t.Errorf("%s: the schema knows %v, the reader %v", kind, got, known)
		}
		for _, name := range known {
			if schema.Defs[kind].Properties[name].Description == "" {
				t.Errorf("%s: %s has no description", kind, name)
			}
			if name != "push_destination" && !strings.Contains(everyField, " "+name+":") { // there is none
				t.Errorf("%s: no test reads %s", kind, name)
			}
		}
	}
}

func TestTheExamplesOfTheReferenceAreValid(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/yaml.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```yaml\n")[1:]
	if len(blocks) == 0 {
		t.Error("docs/yaml.md has no examples")
	}
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		if _, faults := read(t, block); faults != "" {
			t.Errorf("%s in\n%s", faults, block)
		}
		if err := resolvedSchema(t).Validate(asJSON(t, block)); err != nil {
			t.Errorf("%v in\n%s", err, block)
		}
	}
}

func TestTheFaultsShownInTheReferenceAreTheOnesReported(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/yaml.md")
	if err != nil {
		t.Fatal(err)
	}
	_, faults := read(t, `workflows:
  - name: w
    schedul: "@daily"
    tasks:
      - name: a
        command: ./a.sh
        depends_on: [zz]
        retries: two
`)
	if shown := strings.ReplaceAll("\n"+faults, "\n", "\njobs.yaml:"); !strings.Contains(string(text), shown+"\n") {
		t.Errorf("docs/yaml.md does not show%s", shown)
	}
}
