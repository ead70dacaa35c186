package yamldef

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/taskflow-run/taskflow"
)

// read returns the definitions in a text, or the faults without the file's name.
func read(t *testing.T, text string) (*taskflow.Definitions, string) {
	t.Helper()
	s := newSource()
	s.parse("defs.yaml", "/folder", []byte(text))
	tf := taskflow.New()
	s.AddTo(tf)
	defs, err := tf.Definitions()
	if err = s.Locate(err); err != nil {
		return nil, strings.ReplaceAll(err.Error(), "defs.yaml:", "")
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
	if want := filepath.Join(dir, "b.yaml") + ":1:16: "; err == nil || !strings.HasPrefix(err.Error(), want) ||
		!strings.HasSuffix(err.Error(), "(the first is at "+filepath.Join(dir, "a.yml")+":1:39)") {
		t.Errorf("got %v, want %s…, and where the first is", err, want)
	}
}

func TestWhatCannotBeReadIsAClearError(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	large, link := filepath.Join(t.TempDir(), "large.yaml"), filepath.Join(t.TempDir(), "link.yaml")
	if err := errors.Join(os.WriteFile(large, make([]byte, maxFile+1), 0o600), os.Symlink(empty, link)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(empty, "none"): "there is no file or folder",
		empty:                        "has no .yaml or .yml files",
		large:                        "is larger than 4 MiB; split it",
		filepath.Dir(link):           "is a directory",
	} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want %q and the path", err, want)
		}
	}
}

func TestFaultsOfDefinitionsFromElsewhereComeLastWithoutAPlace(t *testing.T) {
	t.Parallel()
	s := newSource()
	s.parse("defs.yaml", "/folder", []byte("tasks: [{name: a, command: x, retries: -1}]"))
	tf := taskflow.New()
	tf.AddTasks(&taskflow.Task{Name: "go"}, &taskflow.Task{Name: "a", Command: "x"})
	s.AddTo(tf)
	_, err := tf.Definitions()
	want := `defs.yaml:1:16: task "a": name: already used by another task; task names are unique across all workflows
defs.yaml:1:40: task "a": retries: -1 is negative
task "go": command: nothing to run; give the task a command`
	if got := s.Locate(err); got == nil || got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
}

func TestDurationsAreSecondsOrText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1":       time.Second,
		"0.29":    290 * time.Millisecond,
		"1e3":     1000 * time.Second,
		"90s":     90 * time.Second,
		"1h30m":   90 * time.Minute,
		"'5m'":    5 * time.Minute,
		"0":       taskflow.NoTimeout,
		"0s":      taskflow.NoTimeout,
		"0.001":   time.Millisecond,
		"1000000": 1000000 * time.Second,
	} {
		defs, faults := read(t, "tasks: [{name: a, command: x, timeout: "+text+"}]")
		if faults != "" || defs.Task("a").Timeout != want {
			t.Errorf("%s: want %s, got %v %s", text, want, defs, faults)
		}
	}
}

func TestADateBeginsAndEndsByTheClocksOfItsZone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ zone, date, first, last string }{
		"a plain day":                       {"America/New_York", "2026-01-31", "2026-01-31T05:00:00Z", "2026-02-01T04:59:59.999999Z"},
		"a day that begins in a gap":        {"America/Santiago", "2024-09-08", "2024-09-08T04:00:00Z", "2024-09-09T02:59:59.999999Z"},
		"a day before one":                  {"America/Santiago", "2024-09-07", "2024-09-07T04:00:00Z", "2024-09-08T03:59:59.999999Z"},
		"a day whose last hour comes twice": {"America/Santiago", "2024-04-06", "2024-04-06T03:00:00Z", "2024-04-07T03:59:59.999999Z"},
		"a day whose midnight comes twice":  {"America/Havana", "2024-11-03", "2024-11-03T04:00:00Z", "2024-11-04T04:59:59.999999Z"},
		"a day that there was not":          {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T09:59:59.999999Z"},
		"a time":                            {"Asia/Kolkata", "2026-01-31 06:00", "2026-01-31T00:30:00Z", ""},
		"a time with seconds":               {"UTC", "2026-01-31T06:00:01", "2026-01-31T06:00:01Z", ""},
		"a time that there was not":         {"Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:00:00Z", ""},
		"a time that came twice":            {"Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00Z", ""},
		"a time with an offset":             {"Europe/Berlin", "2026-01-31 06:00-05:00", "2026-01-31T11:00:00Z", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			if c.last == "" {
				c.last = c.first
			}
			first, last, ok := date(c.date).in(zone)
			f, l := first.UTC().Format(time.RFC3339Nano), last.UTC().Format(time.RFC3339Nano)
			if !ok || f != c.first || l != c.last {
				t.Errorf("got %s to %s, want %s to %s", f, l, c.first, c.last)
			}
		})
	}
}

func TestParamsAreJSONWithTheDigitsAsWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1": "1", "-0": "-0", "+5": "5", "0x1f": "31", "0o17": "15", "1.10": "1.10", ".5": "0.5", "1e3": "1e3",
		"9223372036854775807": "9223372036854775807", "99999999999999999999999": "99999999999999999999999",
		"true": "true", "yes": `"yes"`, "'010'": `"010"`, "2026-01-31": `"2026-01-31"`, "~": "null", "''": `""`,
		"[1, {a: b}]": `[1,{"a":"b"}]`, "!!str 5": `"5"`, "{}": "{}", "[]": "[]",
	} {
		defs, faults := read(t, "tasks: [{name: a, command: x, params: {p: "+text+"}}]")
		if faults != "" {
			t.Errorf("%s: %s", text, faults)
			continue
		}
		got, err := json.Marshal(defs.Task("a").Params["p"])
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s (%v), want %s", text, got, err, want)
		}
	}
}
