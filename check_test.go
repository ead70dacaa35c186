package taskflow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/taskflow-run/taskflow"
)

var noop = taskflow.Func(func(context.Context, *taskflow.TaskInstance) (any, error) { return nil, nil })

// faults returns what is wrong with some definitions, one a line.
func faults(ws []*taskflow.Workflow, ts ...*taskflow.Task) string {
	tf := taskflow.New()
	tf.AddWorkflows(ws...)
	tf.AddTasks(ts...)
	_, err := tf.Definitions()
	if err == nil {
		return ""
	}
	return err.Error()
}

func flow(tasks ...*taskflow.Task) []*taskflow.Workflow {
	for _, t := range tasks {
		t.Executor = noop
	}
	return []*taskflow.Workflow{{Name: "w", Tasks: tasks}}
}

func TestEachFaultIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	task := func(edit func(*taskflow.Task)) []*taskflow.Task {
		t := &taskflow.Task{Name: "a", Executor: noop}
		edit(t)
		return []*taskflow.Task{t}
	}
	for name, c := range map[string]struct {
		workflows []*taskflow.Workflow
		tasks     []*taskflow.Task
		want      string
	}{
		"no name": {tasks: task(func(t *taskflow.Task) { t.Name = "" }),
			want: `task "": name: a name is 1 to 128 characters`},
		"a name with a space": {tasks: task(func(t *taskflow.Task) { t.Name = "a b" }),
			want: `task "a b": name: a name is 1 to 128 characters`},
		"a name that is too long": {tasks: task(func(t *taskflow.Task) { t.Name = strings.Repeat("x", 129) }),
			want: `name: a name is 1 to 128 characters`},
		"a task name used twice": {workflows: flow(&taskflow.Task{Name: "a"}), tasks: task(func(*taskflow.Task) {}),
			want: `task "a": name: already used by another task (of workflow "w")`},
		"a workflow name used twice": {workflows: append(flow(&taskflow.Task{Name: "a"}), flow(&taskflow.Task{Name: "b"})...),
			want: `workflow "w": name: already used by another workflow`},
		"a dependency on itself": {workflows: flow(&taskflow.Task{Name: "a", DependsOn: []string{"a"}}),
			want: `task "a": depends_on: a task cannot depend on itself`},
		"a dependency on none": {workflows: flow(&taskflow.Task{Name: "a", DependsOn: []string{"b"}}),
			want: `task "a": depends_on: there is no task "b"`},
		"a dependency named twice": {workflows: flow(&taskflow.Task{Name: "a"}, &taskflow.Task{Name: "b", DependsOn: []string{"a", "a"}}),
			want: `task "b": depends_on: "a" is named twice`},
		"a dependency on another workflow's task": {
			workflows: append(flow(&taskflow.Task{Name: "a", DependsOn: []string{"b"}}),
				&taskflow.Workflow{Name: "v", Tasks: []*taskflow.Task{{Name: "b", Executor: noop}}}),
			want: `task "a": depends_on: task "b" (of workflow "v") is not part of workflow "w"`},
		"a cycle": {workflows: flow(&taskflow.Task{Name: "a", DependsOn: []string{"c"}},
			&taskflow.Task{Name: "b", DependsOn: []string{"a"}}, &taskflow.Task{Name: "c", DependsOn: []string{"b"}}),
			want: `workflow "w": tasks: the tasks depend on each other in a circle: a → c → b → a`},
		"a dependency outside a workflow": {tasks: task(func(t *taskflow.Task) { t.DependsOn = []string{"b"} }),
			want: `task "a": depends_on: only tasks of a workflow depend on each other`},
		"a schedule on a workflow's task": {
			workflows: flow(&taskflow.Task{Name: "a", Schedule: taskflow.Schedule{Cron: "@daily"}}),
			want:      `task "a": schedule: a task of a workflow has no schedule of its own; give it to workflow "w"`},
		"a bad expression": {tasks: task(func(t *taskflow.Task) { t.Schedule.Cron = "61 * * * *" }),
			want: `task "a": schedule: `},
		"an expression that never fires": {tasks: task(func(t *taskflow.Task) { t.Schedule.Cron = "0 0 30 2 *" }),
			want: `task "a": schedule: `},
		"an unknown zone": {tasks: task(func(t *taskflow.Task) { t.Schedule.Timezone = "Mars/Olympus" }),
			want: `task "a": timezone: unknown time zone "Mars/Olympus"`},
		"a negative number": {tasks: task(func(t *taskflow.Task) { t.Retries = -1 }), want: `task "a": retries: -1 is negative`},
		"a negative time":   {tasks: task(func(t *taskflow.Task) { t.Timeout = -time.Second }), want: `task "a": timeout: -1s is negative`},
		"an unknown push destination": {tasks: task(func(t *taskflow.Task) { t.PushDestination = "moon" }),
			want: `task "a": push_destination: unknown destination "moon"; known: none; a program adds them with AddPushWorker`},
		"an unknown priority": {tasks: task(func(t *taskflow.Task) { t.DefaultPriority = "urgent" }),
			want: `task "a": default_priority: "urgent" is not one of critical, high, normal, low`},
		"nothing to run": {tasks: task(func(t *taskflow.Task) { t.Executor = nil }),
			want: `task "a": command: nothing to run`},
		"two things to run": {tasks: task(func(t *taskflow.Task) { t.Command = "true" }),
			want: `task "a": command: a task has either Go code or a command, not both`},
		"a condition that can never hold": {tasks: task(func(t *taskflow.Task) { t.RunIf = taskflow.OneFailed }),
			want: `task "a": run_if: one_failed needs depends_on`},
		"jitter out of range": {tasks: task(func(t *taskflow.Task) { t.RetryJitter = 1.5 }),
			want: `task "a": retry_jitter: 1.5 is not between 0 and 1`},
		"params that are no JSON": {tasks: task(func(t *taskflow.Task) { t.Params = taskflow.Params{"f": func() {}} }),
			want: `task "a": params: "f" is no JSON value`},
		"an environment that cannot be": {tasks: task(func(t *taskflow.Task) { t.Env = map[string]string{"A=B": "c"} }),
			want: `task "a": env: "A=B" cannot be set`},
		"a schema that is none": {tasks: task(func(t *taskflow.Task) { t.ParamsSchema = map[string]any{"type": 7} }),
			want: `task "a": params_schema: not a valid JSON Schema`},
		"an end before the start": {tasks: task(func(t *taskflow.Task) {
			t.Schedule.Start, t.Schedule.End = time.Unix(1000, 0), time.Unix(0, 0)
		}), want: `task "a": end_date: lies before start_date`},
		"an empty workflow": {workflows: []*taskflow.Workflow{{Name: "w"}},
			want: `workflow "w": tasks: a workflow needs at least one task`},
		"a word that is not one of on_failure's": {
			workflows: []*taskflow.Workflow{{Name: "w", OnFailure: "panic", Tasks: []*taskflow.Task{{Name: "a", Executor: noop}}}},
			want:      `workflow "w": on_failure: "panic" is not one of stop, continue`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := faults(c.workflows, c.tasks...)
			if !strings.HasPrefix(got, c.want) && !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("got\n%s\nwant one fault\n%s", got, c.want)
			}
		})
	}
}

func TestAllFaultsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	got := faults(flow(&taskflow.Task{Name: "a", Retries: -1, DependsOn: []string{"x"}}),
		&taskflow.Task{Name: "b", Schedule: taskflow.Schedule{Cron: "nonsense", Timezone: "Nowhere"}, Concurrency: -3})
	if n := len(strings.Split(got, "\n")); n != 6 {
		t.Errorf("%d faults, want 6:\n%s", n, got)
	}
	tf := taskflow.New()
	tf.AddTasks(&taskflow.Task{Name: "b"})
	_, err := tf.Definitions()
	var fault *taskflow.Fault
	if !errors.As(err, &fault) || fault.Field != "command" {
		t.Errorf("no Fault in %v", err)
	}
}

func TestUnsetFieldsTakeTheirDefaults(t *testing.T) {
	t.Parallel()
	given := &taskflow.Task{Name: "a", Executor: noop}
	tf := taskflow.New()
	tf.AddTasks(given)
	tf.AddWorkflows(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{{Name: "b", Executor: noop}}})
	defs, err := tf.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	a, b, w := defs.Task("a"), defs.Task("b"), defs.Workflow("w")
	got := strings.TrimSpace(fmt.Sprintln(a.Concurrency, a.Timeout, a.RetryDelay, a.RetryBackoff, a.RunIf, a.DefaultPriority,
		a.Schedule.Timezone, a.Schedule.Missed, a.Schedule.MissedLimit, a.Schedule.OnResume, a.Schedule.DSTGap, a.Schedule.DSTOverlap))
	want := "1 5m0s 5m0s constant all_success normal UTC latest 100 none after first"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if b.Workflow() != "w" || b.DefaultPriority != "" || w.OnFailure != taskflow.OnFailureStop || w.DefaultPriority != taskflow.Normal {
		t.Errorf("workflow %q, priorities %q %q, on_failure %q", b.Workflow(), b.DefaultPriority, w.DefaultPriority, w.OnFailure)
	}
	if given.Concurrency != 0 || given.Timeout != 0 {
		t.Error("what was added was changed")
	}
}

func TestParamsAreHeldAgainstTheSchema(t *testing.T) {
	t.Parallel()
	task := &taskflow.Task{
		Name: "a", Executor: noop, Params: taskflow.Params{"table": "events"},
		ParamsSchema: map[string]any{
			"type": "object", "required": []string{"table"}, "additionalProperties": false,
			"properties": map[string]any{"table": map[string]any{"type": "string"}, "limit": map[string]any{"type": "integer"}},
		},
	}
	for name, c := range map[string]struct {
		params taskflow.Params
		ok     bool
	}{
		"none of its own":   {nil, true},
		"one more":          {taskflow.Params{"limit": 3}, true},
		"of the wrong type": {taskflow.Params{"table": 3}, false},
		"an unknown one":    {taskflow.Params{"tabel": "x"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := task.CheckParams(c.params)
			if (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), `task "a"`) {
				t.Errorf("the error does not name the task: %v", err)
			}
		})
	}
}

func TestDelayGrowsVariesAndIsCapped(t *testing.T) {
	t.Parallel()
	task := taskflow.Task{RetryDelay: time.Second, RetryBackoff: taskflow.BackoffExponential, MaxRetryDelay: 5 * time.Second}
	for attempt, want := range []time.Duration{1: 1, 2: 2, 3: 4, 4: 5, 5000: 5} {
		if attempt == 0 || want == 0 {
			continue
		}
		if got := task.Delay(attempt, 0.5); got != want*time.Second {
			t.Errorf("after attempt %d: %s, want %s", attempt, got, want*time.Second)
		}
	}
	task.RetryJitter = 0.5
	if low, high := task.Delay(1, 0), task.Delay(1, 0.999); low != 500*time.Millisecond || high < 1490*time.Millisecond {
		t.Errorf("jitter: %s to %s", low, high)
	}
	task = taskflow.Task{RetryDelay: time.Hour, RetryBackoff: taskflow.BackoffExponential}
	if d := task.Delay(10_000, 0.5); d <= 0 {
		t.Errorf("overflow: %s", d)
	}
}
