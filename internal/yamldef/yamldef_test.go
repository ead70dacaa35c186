package yamldef

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"

	"github.com/taskflow-run/taskflow"
)

// read returns the definitions in a text, or the faults without the file's name.
func read(t *testing.T, text string) (*taskflow.Definitions, string) {
	t.Helper()
	s := &Source{places: map[any]*places{}}
	s.parse("f", "/folder", []byte(text))
	tf := taskflow.New()
	s.AddTo(tf)
	defs, err := tf.Definitions()
	if err = s.Locate(err); err != nil {
		return nil, strings.ReplaceAll(err.Error(), "f:", "")
	}
	return defs, ""
}

const everyField = `
workflows:
  - name: w
    active: true
    title: A title
    description: |
      Two
      lines
    concurrency: 0
    sla: 90
    schedule: "0 6 * * *"
    timezone: America/New_York
    missed: all
    missed_limit: 7
    on_resume: latest
    dst_gap: skip
    dst_overlap: both
    default_priority: high
    start_date: 2026-01-31
    end_date: 2026-02-28
    on_failure: continue
    tasks:
      - name: a
        command: echo
        working_dir: sub
        env: {A: b, N: 1, T: true}
        input_file: in
        output_file: out
        retries: 2
        timeout: 0
        retry_delay: 1.5
        retry_backoff: exponential
        max_retry_delay: 1h
        retry_jitter: 0.5
        params: {table: events, n: 12345678901234567890, f: 1.50, l: [1, null, true], when: 2026-01-01}
        params_schema: {type: object}
      - name: b
        command: echo
        depends_on: [a]
        run_if: all_done
        retry_delay: 0
tasks:
  - name: c
    command: echo
    schedule: "@daily"
    start_date: 2026-01-31 06:00
`

func TestEveryFieldIsRead(t *testing.T) {
	t.Parallel()
	defs, faults := read(t, everyField)
	if faults != "" {
		t.Fatal(faults)
	}
	w, a, b, c := defs.Workflow("w"), defs.Task("a"), defs.Task("b"), defs.Task("c")
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]any{
		"active":           {w.Active, true},
		"title":            {w.Title, "A title"},
		"description":      {w.Description, "Two\nlines\n"},
		"concurrency":      {w.Concurrency, taskflow.Unlimited},
		"sla":              {w.SLA, 90 * time.Second},
		"default_priority": {w.DefaultPriority, taskflow.High},
		"on_failure":       {w.OnFailure, taskflow.OnFailureContinue},
		"schedule": {w.Schedule, taskflow.Schedule{
			Cron: "0 6 * * *", Timezone: "America/New_York", Missed: "all", MissedLimit: 7, OnResume: "latest",
			DSTGap: "skip", DSTOverlap: "both", Start: time.Date(2026, 1, 31, 0, 0, 0, 0, newYork),
			End: time.Date(2026, 3, 1, 0, 0, 0, -1000, newYork),
		}},
		"working_dir":         {a.WorkingDir, "/folder/sub"},
		"default working_dir": {b.WorkingDir, "/folder"},
		"env":                 {a.Env, map[string]string{"A": "b", "N": "1", "T": "true"}},
		"files":               {a.InputFile + a.OutputFile, "inout"},
		"retries":             {a.Retries, 2},
		"timeout":             {a.Timeout, taskflow.NoTimeout},
		"retry_delay":         {a.RetryDelay, 1500 * time.Millisecond},
		"no retry_delay":      {b.RetryDelay, taskflow.NoDelay},
		"retry_backoff":       {a.RetryBackoff, taskflow.BackoffExponential},
		"max_retry_delay":     {a.MaxRetryDelay, time.Hour},
		"retry_jitter":        {a.RetryJitter, 0.5},
		"params": {a.Params, taskflow.Params{"table": "events", "n": json.Number("12345678901234567890"),
			"f": json.Number("1.50"), "l": []any{json.Number("1"), nil, true}, "when": "2026-01-01"}},
		"params_schema": {a.ParamsSchema, map[string]any{"type": "object"}},
		"depends_on":    {b.DependsOn, []string{"a"}},
		"run_if":        {b.RunIf, taskflow.AllDone},
		"start_date":    {c.Schedule.Start, time.Date(2026, 1, 31, 6, 0, 0, 0, time.UTC)},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: got %v, want %v", what, pair[0], pair[1])
		}
	}
}

func TestEveryFaultHasItsPlaceAndReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"an unknown field": {"tasks:\n  - name: a\n    comand: x\n    command: x\n",
			`3:5: task "a": unknown field "comand"; did you mean command?`},
		"an unknown top-level key": {"task:\n  - name: a\n", `1:1: unknown field "task"; did you mean tasks?`},
		"a name used twice": {"tasks:\n  - {name: a, command: x}\n  - {name: a, command: x}\n",
			`3:12: task "a": name: already used by another task; task names are unique across all workflows`},
		"a field used twice": {"tasks:\n  - name: a\n    command: x\n    command: y\n",
			`4:5: task "a": "command" is there twice`},
		"a dependency on itself": {flowOf("a"), `5:22: task "a": depends_on: a task cannot depend on itself`},
		"a dependency on none":   {flowOf("zz"), `5:22: task "a": depends_on: there is no task "zz"`},
		"a dependency on another workflow's task": {flowOf("b") + "  - name: v\n    tasks: [{name: b, command: x}]\n",
			`5:22: task "a": depends_on: task "b" (of workflow "v") is not part of workflow "w"`},
		"a cycle": {flowOf("b") + "      - {name: b, command: x, depends_on: [a]}\n",
			`4:7: workflow "w": tasks: the tasks depend on each other in a circle: a → b → a`},
		"a dependency outside a workflow": {"tasks:\n  - {name: a, command: x}\n  - {name: b, command: x, depends_on: [a]}\n",
			`3:39: task "b": depends_on: only tasks of a workflow depend on each other; move the task into one`},
		"a schedule on a workflow's task": {"workflows:\n  - name: w\n    tasks:\n      - {name: a, command: x, schedule: '@daily'}\n",
			`4:41: task "a": schedule: a task of a workflow has no schedule of its own; give it to workflow "w"`},
		"a bad expression":               {"tasks:\n  - {name: a, command: x, schedule: '99 * * * *'}\n", `2:37: task "a": schedule: cron: "99 * * * *": minute "99": out of range, allowed 0-59`},
		"an expression that never fires": {"tasks:\n  - {name: a, command: x, schedule: '0 0 31 4 *'}\n", `2:37: task "a": schedule: cron: "0 0 31 4 *": day-of-month "31": never fires, month "4" has no such day`},
		"an unknown zone":                {"tasks:\n  - {name: a, command: x, timezone: Mars}\n", `2:37: task "a": timezone: unknown time zone "Mars"; write an IANA name such as America/New_York`},
		"a negative number":              {"tasks:\n  - {name: a, command: x, retries: -1}\n", `2:36: task "a": retries: -1 is negative`},
		"a negative duration":            {"tasks:\n  - {name: a, command: x, timeout: -1}\n", `2:36: task "a": timeout: -1s is negative`},
		"an unknown push destination":    {"tasks:\n  - {name: a, push_destination: moon}\n", `2:33: task "a": push_destination: unknown destination "moon"; known: none`},
		"a word for a number":            {"tasks:\n  - {name: a, command: x, retries: two}\n", `2:36: task "a": retries: "two" is not a whole number`},
		"a number that is too small":     {"tasks:\n  - {name: a, command: x, missed_limit: 0}\n", `2:41: task "a": missed_limit: 0 is less than 1`},
		"yes for true":                   {"tasks:\n  - {name: a, command: x, active: yes}\n", `2:35: task "a": active: "yes" is not true or false`},
		"text for a list":                {"workflows:\n  - name: w\n    tasks:\n      - {name: a, command: x, depends_on: b}\n", `4:43: task "a": depends_on: "b" is not a list; write [a, b] or a line with - for each`},
		"a list for text":                {"tasks:\n  - {name: a, command: [x, y]}\n", `2:24: task "a": command: a list is not text`},
		"a date that is none":            {"tasks:\n  - {name: a, command: x, end_date: someday}\n", `2:37: task "a": end_date: "someday" is not a date or time; write 2026-01-31, 2026-01-31 06:00 or 2026-01-31T06:00:00Z`},
		"a param that JSON has not":      {"tasks:\n  - {name: a, command: x, params: {f: .inf}}\n", `2:39: task "a": params: ".inf" is not a value that JSON has`},
		"no name":                        {"tasks:\n  - command: x\n", `2:5: task "": name: a name is 1 to 128 characters of A-Z a-z 0-9 _ . -`},
		"no command":                     {"tasks:\n  - name: a\n", `2:5: task "a": command: nothing to run; give the task a command`},
		"a task that is a word":          {"tasks:\n  - x\n", `2:5: tasks: "x" is not a mapping of fields to values`},
		"a list at the top":              {"- a\n", `1:1: a list is not definitions, with the keys workflows and tasks`},
		"nothing at all":                 {"# only a comment\n", `1:1: no definitions; write workflows: or tasks: with a list under it`},
		"no definitions":                 {"x-shared: {}\n", `1:1: no definitions; write workflows: or tasks: with a list under it`},
		"two documents":                  {"tasks: [{name: a, command: x}]\n---\ntasks: []\n", `2:1: a file holds one document; put the next one into a file of its own`},
		"an expression without quotes": {"tasks:\n  - name: a\n    schedule: * * * * *\n",
			`3:16: not YAML: did not find expected alphabetic or numeric character; a value that begins with * must be quoted`},
		"what is not YAML": {"tasks: [\n", `2:1: not YAML: did not find expected node content`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, got := read(t, c.text); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// flowOf is a workflow with a task a that depends on another.
func flowOf(on string) string {
	return "workflows:\n  - name: w\n    tasks:\n      - name: a\n        depends_on: [" + on + "]\n        command: x\n"
}

func TestFaultsOfFormAndMeaningComeTogetherInOrder(t *testing.T) {
	t.Parallel()
	_, got := read(t, "tasks:\n  - name: a b\n    retries: many\n    timeout: -1\n  - name: c\n    sla: -2\n    comand: x\n")
	var at []string
	for line := range strings.Lines(got) {
		place, _, _ := strings.Cut(line, ": ")
		at = append(at, place)
	}
	if want := "2:5 2:11 3:14 4:14 5:5 6:10 7:5"; strings.Join(at, " ") != want {
		t.Errorf("places %v, want %s\n%s", at, want, got)
	}
}

func TestAnchorsAndMergesWork(t *testing.T) {
	t.Parallel()
	defs, faults := read(t, `
x-defaults: &d {retries: 3, timeout: 10}
x-more: &m {retries: 9, env: {A: b}}
tasks:
  - <<: *d
    name: a
    command: &cmd echo
  - <<: [*d, *m]
    name: b
    command: *cmd
    timeout: 20
`)
	if faults != "" {
		t.Fatal(faults)
	}
	a, b := defs.Task("a"), defs.Task("b")
	if a.Retries != 3 || a.Timeout != 10*time.Second || b.Retries != 3 || b.Timeout != 20*time.Second || b.Env["A"] != "b" || b.Command != "echo" {
		t.Errorf("a %+v\nb %+v", a, b)
	}
}

func TestAliasesCannotBlowUp(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("x-a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		n := string(rune('a' + i))
		before := string(rune('a' + i - 1))
		if i == 1 {
			before = "a0"
		}
		b.WriteString("x-" + n + ": &" + n + " [" + strings.TrimSuffix(strings.Repeat("*"+before+", ", 10), ", ") + "]\n")
	}
	b.WriteString("tasks:\n  - {name: t, command: x, params: {p: *l}}\n")
	began := time.Now()
	_, got := read(t, b.String())
	if !strings.Contains(got, "repeat too much") {
		t.Errorf("got %.300s after %s", got, time.Since(began))
	}
	if _, got := read(t, "tasks:\n  - {name: t, command: x, params: {p: &x [*x]}}\n"); !strings.Contains(got, "nested too deeply") {
		t.Errorf("got %.300s", got)
	}
}

func TestAFolderIsReadWholeAndFaultsNameTheirFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.yaml": "tasks: [{name: b, command: x}]", "a.yml": "tasks: [{name: a, command: x}, {name: b, command: x}]",
		".hidden.yaml": "nonsense", "notes.txt": "nonsense",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	tf := taskflow.New()
	s.AddTo(tf)
	_, err = tf.Definitions()
	err = s.Locate(err)
	if want := filepath.Join(dir, "b.yaml") + ":1:16: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
}

func TestWhatCannotBeReadIsAClearError(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(empty, "none"): "there is no file or folder",
		empty:                        "has no .yaml or .yml files",
	} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want %q and the path", err, want)
		}
	}
}

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
	raw, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
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
	} {
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
		if err := resolved.Validate(value); (err == nil) != ok {
			t.Errorf("the schema says %v of\n%s", err, text)
		}
		if _, faults := read(t, text); (faults == "") != ok {
			t.Errorf("the reader says %q of\n%s", faults, text)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(everyField)
	f.Add(flowOf("b"))
	f.Add("x: &a [*a]\n<<: {}\n")
	f.Add("tasks: [{name: a, <<: [{command: x}], params: {1: 2, ? [a] : b}}]")
	f.Fuzz(func(t *testing.T, text string) {
		s := &Source{places: map[any]*places{}}
		s.parse("f", "/folder", []byte(text))
		tf := taskflow.New()
		s.AddTo(tf)
		_, err := tf.Definitions()
		if err = s.Locate(err); err == nil {
			return
		}
		var faults Faults
		if !errors.As(err, &faults) {
			t.Fatalf("an error without places: %v", err)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Column < 1 {
				t.Errorf("no place: %v", fault)
			}
		}
	})
}
