package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cli"
)

// desk is a folder with a database and definitions to run commands on.
type desk struct {
	*testing.T
	dir string
}

func newDesk(t *testing.T, definitions string) desk {
	t.Helper()
	d := desk{t, t.TempDir()}
	if definitions != "" {
		d.write("taskflow.yaml", definitions)
	}
	return d
}

func (d desk) write(name, text string) {
	d.Helper()
	if err := os.WriteFile(d.path(name), []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
}

func (d desk) path(name string) string { return filepath.Join(d.dir, name) }

// run runs a command and returns its exit status and what it printed.
func (d desk) run(args ...string) (status int, stdout, stderr string) {
	d.Helper()
	var out, errs bytes.Buffer
	args = append(args, "--database-url", d.path("test.db"))
	if _, err := os.Stat(d.path("taskflow.yaml")); err == nil {
		args = append(args, "--taskflow", d.path("taskflow.yaml"))
	}
	status = cli.Run(context.Background(), taskflow.New(), args, &out, &errs)
	return status, out.String(), errs.String()
}

// ok is run for a command that must succeed.
func (d desk) ok(args ...string) string {
	d.Helper()
	status, stdout, stderr := d.run(args...)
	if status != 0 {
		d.Fatalf("%s: exit status %d\n%s%s", strings.Join(args, " "), status, stdout, stderr)
	}
	return stdout
}

// ask runs a command with --json and reads what it prints.
func ask[T any](d desk, args ...string) (value T) {
	d.Helper()
	out := d.ok(append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &value); err != nil {
		d.Fatalf("%s: %v in\n%s", strings.Join(args, " "), err, out)
	}
	return value
}

const chain = `
workflows:
  - name: chain
    tasks:
      - name: first
        command: |
          echo "hello $TASKFLOW_PARAM_WHO"
          echo '{"n": 1}' > "$TASKFLOW_RESULT"
        params: {who: world}
      - name: second
        command: echo "got $TASKFLOW_RESULT_FIRST"; echo the end
        depends_on: [first]
  - name: broken
    tasks:
      - name: bad
        command: for i in $(seq 30); do echo "line $i"; done; exit 3
      - name: after
        command: "true"
        depends_on: [bad]
tasks:
  - name: alone
    active: true
    schedule: "0 6 * * *"
    timezone: America/New_York
    command: echo "due $TASKFLOW_RUN_AT"
  - name: strict
    command: "true"
    params_schema: {type: object, properties: {n: {type: integer}}}
`

func TestRunWorksAWorkflowOffAndKeepsItsLogs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, chain)
	for _, params := range []string{"{}", `{"who": "you"}`} { // running it again works
		out := d.ok("run", "chain", "--params", params)
		if !strings.Contains(out, "chain: success in") {
			t.Errorf("it printed\n%s", out)
		}
	}
	if got := d.ok("logs", "1"); got != "hello world\n" {
		t.Errorf("log %q", got)
	}
	want := "first | hello you\nsecond | got {\"n\":1}\nsecond | the end\n"
	if got := d.ok("logs", "--workflow-instance-id", "2"); got != want {
		t.Errorf("log %q, want %q", got, want)
	}
	if got := d.ok("logs", "4", "--tail", "1", "--follow"); got != "the end\n" {
		t.Errorf("tail %q", got)
	}
}

func TestRunOfAFailingWorkflowShowsWhyAndExitsWith1(t *testing.T) {
	t.Parallel()
	d := newDesk(t, chain)
	status, out, _ := d.run("run", "broken")
	if status != 1 {
		t.Errorf("exit status %d", status)
	}
	for _, want := range []string{"bad failed: exit status 3", "  line 11\n", "  line 30\n", "broken: failed in", "taskflow logs 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "line 10\n") {
		t.Errorf("more than 20 lines:\n%s", out)
	}
}

func TestRunAsJSONTellsEachTask(t *testing.T) {
	t.Parallel()
	d := newDesk(t, chain)
	got := ask[struct {
		Status string
		Tasks  []struct {
			Name   string          `json:"task_name"`
			Status string          `json:"status"`
			Result json.RawMessage `json:"result"`
		} `json:"task_instances"`
	}](d, "run", "chain")
	if got.Status != "success" || len(got.Tasks) != 2 || got.Tasks[0].Name != "first" || got.Tasks[1].Status != "success" {
		t.Errorf("got %+v", got)
	}
}

func TestWhatIsQueuedIsRunByAWorker(t *testing.T) {
	t.Parallel()
	d := newDesk(t, chain)
	type queued struct{ ID int64 }
	task := ask[queued](d, "queue_task", "alone", "--priority", "high")
	run := ask[queued](d, "queue-workflow", "chain", "--params", `{"who": "queue"}`)
	d.ok("queue_task", "alone", "--run_at", "2999-01-01T00:00:00Z")

	would := d.ok("pull_worker", "--dry-run")
	if !strings.Contains(would, "would run task instance 1 of alone") || !strings.Contains(would, "would run 1 instance") {
		t.Errorf("dry run:\n%s", would)
	}
	d.ok("scheduler", "-n", "1") // starts the run
	d.ok("pull_worker", "-n", "1", "--task-names", "first,second")
	d.ok("scheduler", "-n", "1") // queues the second task
	d.ok("pull-worker", "--num_runs", "1", "--sleep", "2", "--drain", "1m30s")
	d.ok("scheduler", "-n", "1")
	if got := d.ok("logs", "--workflow-instance-id", "1"); !strings.HasPrefix(got, "first | hello queue\nsecond | got") {
		t.Errorf("run %d: log %q", run.ID, got)
	}
	if got := d.ok("logs", "1"); !strings.HasPrefix(got, "due ") {
		t.Errorf("task %d: log %q", task.ID, got)
	}
}

func TestRunTaskRunsOneInstance(t *testing.T) {
	t.Parallel()
	d := newDesk(t, chain)
	d.ok("queue_task", "alone")
	d.ok("queue_task", "alone")
	d.ok("run_task", "2")
	if status, _, stderr := d.run("run_task", "2"); status != 1 || !strings.Contains(stderr, "it is success") {
		t.Errorf("again: exit status %d: %s", status, stderr)
	}
	if status, _, stderr := d.run("run_task", "9"); status != 1 || !strings.Contains(stderr, "task instance 9: not found") {
		t.Errorf("missing: exit status %d: %s", status, stderr)
	}
}

func TestADryRunOfTheSchedulerTellsWhatAndDoesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, chain)
	d.ok("queue_workflow", "chain")
	for range 2 {
		out := d.ok("scheduler", "--dry-run", "--now-override", "2030-07-01T00:00:00Z")
		if out != "would queue task alone for 2030-07-01T10:00:00Z\nwould start 1 workflow run\n" {
			t.Errorf("it printed\n%s", out)
		}
	}
	d.ok("scheduler", "-n", "1", "--now-override", "2030-07-01T00:00:00Z")
	if out := d.ok("scheduler", "--dry-run", "--now-override", "2030-07-01T01:00:00Z"); out != "would start 0 workflow runs\n" {
		t.Errorf("once it is planned it printed\n%s", out)
	}
}

func TestBadInputExitsWith2AndChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		definitions string
		args        []string
		want        string
	}{
		"a fault in the definitions": {"tasks:\n  - {name: a, command: x, retries: -1}\n", []string{"run", "a"}, "taskflow.yaml:2:36: "},
		"no definitions":             {"", []string{"run", "a"}, "name a file or folder with --taskflow"},
		"an unknown name":            {chain, []string{"run", "chian"}, `no workflow or task "chian" is defined; there are: chain, broken, alone, strict`},
		"an unknown command":         {"", []string{"sevre"}, `unknown command "sevre"`},
		"an unknown flag":            {"", []string{"run", "--wat"}, "unknown flag: --wat; see: taskflow run --help"},
		"a missing argument":         {"", []string{"queue_task"}, "queue_task needs the name of a task"},
		"one argument too many":      {"", []string{"queue_task", "a", "b"}, `unexpected argument "b"`},
		"params that are no object":  {chain, []string{"queue_task", "alone", "--params", "[1]"}, "--params [1] is not a JSON object"},
		"params beside the schema":   {chain, []string{"queue_task", "strict", "--params", `{"n": "x"}`}, `task "strict": params do not fit`},
		"a priority that is none":    {chain, []string{"queue_task", "alone", "--priority", "urgent"}, `--priority "urgent" is not one of`},
		"a time that is none":        {chain, []string{"queue_task", "alone", "--run-at", "soon"}, `--run-at "soon" is not a time`},
		"an id that is none":         {chain, []string{"run_task", "x"}, `"x" is not the id of an instance`},
		"a duration that is none":    {chain, []string{"scheduler", "--sleep", "long"}, `write seconds, or a duration such as 1m30s`},
		"no slots":                   {chain, []string{"run", "alone", "--slots", "0"}, "--slots 0: a worker needs at least 1"},
		"a task that is not defined": {chain, []string{"pull_worker", "--task-names", "nope"}, `--task-names: task "nope" is not defined`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, c.definitions)
			status, stdout, stderr := d.run(c.args...)
			if status != 2 || !strings.Contains(stderr, c.want) || stdout != "" {
				t.Errorf("exit status %d, want 2\n%s%s\nwant %s", status, stdout, stderr, c.want)
			}
			if _, err := os.Stat(d.path("test.db")); err == nil {
				if rows := d.ok("pull_worker", "--dry-run"); !strings.HasPrefix(rows, "would run 0") {
					t.Errorf("rows: %s", rows)
				}
			}
		})
	}
}

func TestDatabasesThatCannotBeUsedAreNamed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, chain)
	d.write("text.db", strings.Repeat("this is no database\n", 100))
	if err := os.Mkdir(d.path("folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		d.path("text.db"):         "not an SQLite database",
		d.path("none/at/all.db"):  "there is no folder",
		d.path("folder"):          "cannot be opened",
		"postgresql://localhost/": "this build keeps its state in SQLite",
	} {
		var out, errs bytes.Buffer
		status := cli.Run(context.Background(), taskflow.New(), []string{"run", "alone", "--taskflow", d.path("taskflow.yaml"), "--database-url", url}, &out, &errs)
		if status == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit status %d: %s", url, status, &errs)
		}
	}
	if status, _, stderr := d.run("logs", "1"); status != 1 || !strings.Contains(stderr, "there is no database") {
		t.Errorf("logs without a database: exit status %d: %s", status, stderr)
	}
}

func TestInitDBDoesNoHarmTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "")
	if out := d.ok("init-db"); !strings.Contains(out, "applied 0001_foundation") {
		t.Error(out)
	}
	if out := d.ok("init_db"); !strings.Contains(out, "is up to date") {
		t.Error(out)
	}
	got := ask[struct{ Applied []string }](d, "migrate_db")
	if got.Applied == nil || len(got.Applied) != 0 {
		t.Errorf("%v", got)
	}
}

func TestNextPrintsTimes(t *testing.T) {
	t.Parallel()
	d := newDesk(t, chain)
	got := ask[[]string](d, "next", "--schedule", "*/7 * * * FRI-MON", "--timezone", "America/New_York", "--from", "2026-03-07T00:00:00Z", "-n", "2")
	if strings.Join(got, " ") != "2026-03-07T00:07:00Z 2026-03-07T00:14:00Z" {
		t.Errorf("%v", got)
	}
	got = ask[[]string](d, "next", "alone", "--from", "2026-03-08T00:00:00Z", "--prev", "-n", "1")
	if strings.Join(got, " ") != "2026-03-07T11:00:00Z" {
		t.Errorf("backwards: %v", got)
	}
	out := d.ok("next", "alone", "--from", "2026-03-07T12:00:00Z", "-n", "1")
	for _, want := range []string{"at 06:00 every day", "America/New_York", "2026-03-08 10:00:00Z", "EDT", "2026-03-08"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if status, _, stderr := d.run("next", "--schedule", "0 0 30 2 *"); status != 1 || !strings.Contains(stderr, "never fires") {
		t.Errorf("an impossible expression: exit status %d: %s", status, stderr)
	}
	if status, _, stderr := d.run("next", "chain"); status != 1 || !strings.Contains(stderr, "has no schedule") {
		t.Errorf("no schedule: exit status %d: %s", status, stderr)
	}
}

func TestValidateListsFaultsAsJSONToo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, chain)
	if out := d.ok("validate"); out != "valid: 2 workflows, 6 tasks\n" {
		t.Error(out)
	}
	d.write("taskflow.yaml", "tasks:\n  - {name: a, command: x, retries: -1}\n")
	status, out, _ := d.run("validate", "--json")
	var got struct {
		Faults []struct {
			Line, Column int
			Text         string
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || status != 2 || len(got.Faults) != 1 || got.Faults[0].Line != 2 {
		t.Errorf("exit status %d, %v: %s", status, err, out)
	}
}

func TestVersionIsPrinted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "")
	got := ask[map[string]string](d, "version")
	if got["version"] == "" || !strings.HasPrefix(got["go"], "go") {
		t.Errorf("%v", got)
	}
}
