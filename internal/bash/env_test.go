//go:build unix

package bash_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/taskflow-run/taskflow"
)

// leaking are set in the test process as if it were an attempt itself.
var leaking = []string{
	"TASKFLOW_TASK", "TASKFLOW_TASK_INSTANCE_ID", "TASKFLOW_WORKFLOW", "TASKFLOW_WORKFLOW_INSTANCE_ID",
	"TASKFLOW_ATTEMPT", "TASKFLOW_RUN_AT", "TASKFLOW_PARAMS", "TASKFLOW_RESULT",
	"TASKFLOW_PARAM_OUTER", "TASKFLOW_RESULT_OUTER",
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	t.Run("describes the instance", func(t *testing.T) {
		t.Parallel()
		a := script(`echo "$TASKFLOW_TASK $TASKFLOW_TASK_INSTANCE_ID $TASKFLOW_WORKFLOW $TASKFLOW_WORKFLOW_INSTANCE_ID $TASKFLOW_ATTEMPT $TASKFLOW_RUN_AT"`)
		a.ti = taskflow.TaskInstance{
			ID: 7, TaskName: "load", WorkflowName: "etl", WorkflowInstanceID: 3, Attempts: 2,
			RunAt: time.Date(2026, 1, 2, 5, 4, 5, 0, time.FixedZone("", 7200)),
		}
		if got, want := a.must(t), "load 7 etl 3 2 2026-01-02T03:04:05Z\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("has text as it is and everything else as JSON", func(t *testing.T) {
		t.Parallel()
		hostile := "it's \"$(touch hacked)\" `x`; \\ &\n end "
		a := script(`for v in S N L E B X; do n=TASKFLOW_PARAM_$v; printf '%s|' "${!n}"; done
			printf '%s|%s|%s' "$TASKFLOW_RESULT_LOAD_A" "$TASKFLOW_RESULT_TEXT" "$TASKFLOW_PARAMS"`)
		a.ti.Params = taskflow.Params{
			"s": hostile, "n": json.Number("1.50"), "l": []any{"<a>", true}, "e": "", "b": nil, "x": taskflow.Params{"k": 1},
		}
		a.ti.Results = map[string]json.RawMessage{"load-a": json.RawMessage(`{"rows":3}`), "text": json.RawMessage(`"a\tb"`)}
		parts := strings.Split(a.must(t), "|")
		want := []string{hostile, "1.50", `["<a>",true]`, "", "null", `{"k":1}`, `{"rows":3}`, "a\tb"}
		for i, w := range want {
			if parts[i] != w {
				t.Errorf("value %d is %q, want %q", i, parts[i], w)
			}
		}
		var all map[string]any
		if err := json.Unmarshal([]byte(parts[len(want)]), &all); err != nil || all["s"] != hostile || len(all) != 6 {
			t.Errorf("TASKFLOW_PARAMS is %q", parts[len(want)])
		}
	})
	t.Run("does not leak from an outer attempt", func(t *testing.T) {
		t.Parallel()
		got := script(`env`).must(t)
		if strings.Contains(got, "of another attempt") {
			t.Errorf("it leaks:\n%s", got)
		}
		if !strings.Contains(got, "TASKFLOW_PARAMS={}\n") || strings.Contains(got, "TASKFLOW_WORKFLOW") {
			t.Errorf("a task alone, without params, sees:\n%s", got)
		}
	})
	t.Run("lies over that of the process", func(t *testing.T) {
		t.Parallel()
		a := script(`echo "$HOME $COLOUR ${PATH:+set}"`)
		a.task.Env = map[string]string{"HOME": "/nowhere", "COLOUR": "blue"}
		if got := a.must(t); got != "/nowhere blue set\n" {
			t.Errorf("got %q", got)
		}
	})
}

func TestEnvironmentThatCannotBe(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 128<<10)
	tests := map[string]struct {
		params  taskflow.Params
		results map[string]json.RawMessage
		env     map[string]string
		want    string
	}{
		"a NUL byte in a param":           {params: taskflow.Params{"p": "a\x00b"}, want: `param "p" has a NUL byte`},
		"a NUL byte in a result":          {results: map[string]json.RawMessage{"r": json.RawMessage(`"\u0000"`)}, want: `result of "r" has a NUL byte`},
		"a NUL byte in env":               {env: map[string]string{"A": "\x00"}, want: `env "A" has a NUL byte`},
		"a param that is too long":        {params: taskflow.Params{"p": long}, want: `param "p": 131090 bytes as $TASKFLOW_PARAM_P`},
		"params too long together":        {params: taskflow.Params{"p": long[:1e5], "q": long[:1e5]}, want: "the params together: 2000"},
		"a param that is not JSON":        {params: taskflow.Params{"p": func() {}}, want: `param "p" is not JSON`},
		"params with one variable's name": {params: taskflow.Params{"a-b": 1, "A_B": 2}, want: "becomes $TASKFLOW_PARAM_A_B, and so does another"},
		"env with a name of Taskflow's":   {env: map[string]string{"TASKFLOW_RESULT_X": "1"}, want: "one that Taskflow sets"},
		"env without a name":              {env: map[string]string{"": "1"}, want: "the name is empty"},
	}
	for name, test := range tests {
		t.Run(name+" fails and says so", func(t *testing.T) {
			t.Parallel()
			a := script("true")
			a.ti.Params, a.ti.Results, a.task.Env = test.params, test.results, test.env
			a.mustFail(t, test.want)
		})
	}
	t.Run("more than a process can be given fails and says so", func(t *testing.T) {
		t.Parallel()
		a := script("true")
		a.task.Env = map[string]string{}
		for i := range 100 {
			a.task.Env["V"+strings.Repeat("x", i)] = long[:100<<10]
		}
		a.mustFail(t, "together more than a process can be given")
	})
}

func TestMissingBashIsNamed(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{"PATH=/nowhere", "BASH_TEST_MISSING=1"}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "bash was not found in PATH (/nowhere)") {
		t.Errorf("%v: %s", err, out)
	}
}

// FuzzParam checks with a real bash that a param arrives byte by byte, or is
// refused, and never does anything else.
func FuzzParam(f *testing.F) {
	for _, value := range []string{"", "plain", "$(echo x)", "`x`", "'\"\\", "a\nb\n", "\x00", "\xff\xfe", "ünï", "=", "-n", "%s%n"} {
		f.Add("name", value)
		f.Add(value, "value")
	}
	variable := regexp.MustCompile(`^TASKFLOW_PARAM_[A-Z0-9_]*$`)
	f.Fuzz(func(t *testing.T, name, value string) {
		a := script(`for v in "${!TASKFLOW_PARAM_@}"; do printf '%s=%s' "$v" "${!v}"; done`)
		a.ti.Params = taskflow.Params{name: value}
		_, err := a.run(t.Context())
		refused := strings.Contains(value, "\x00") || len(name)+len(value) > 10000
		if err != nil {
			if !refused {
				t.Fatalf("param %q = %q: %v", name, value, err)
			}
			return
		}
		got, arrived, _ := strings.Cut(a.stdout.String(), "=")
		if !variable.MatchString(got) || arrived != value {
			t.Errorf("param %q = %q arrived as %q = %q", name, value, got, arrived)
		}
	})
}
