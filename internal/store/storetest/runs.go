package storetest

import (
	"maps"
	"slices"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// pass runs everything that can run, fails the tasks named, and lets time
// pass, until the run has ended.
func (b *bench) pass(run int64, failing ...string) {
	b.Helper()
	for range 50 {
		b.tick()
		if b.run(run).Status.Terminal() {
			return
		}
		for _, a := range b.claim(20) {
			b.after(time.Second)
			if slices.Contains(failing, a.Instance.TaskName) {
				b.fail(a)
			} else {
				b.succeed(a)
			}
		}
	}
	b.Fatalf("run %d does not end: %v", run, b.states(run))
}

// outcome defines a workflow, runs it with failing tasks, and compares.
func outcome(w taskflow.Workflow, failing []string, want taskflow.Status, states map[string]taskflow.Status) func(*bench) {
	return func(b *bench) {
		w := w
		w.Name = "w"
		b.workflow(&w)
		run := b.queueRun("w")
		b.pass(run, failing...)
		equal(b, "run", b.run(run).Status, want)
		if got := b.states(run); !maps.Equal(got, states) {
			b.Errorf("got %v, want %v", got, states)
		}
	}
}

// node is a task that depends on others.
func node(name string, on ...string) *taskflow.Task {
	return &taskflow.Task{Name: name, DependsOn: on}
}

func nodeIf(name string, c taskflow.RunIf, on ...string) *taskflow.Task {
	return &taskflow.Task{Name: name, DependsOn: on, RunIf: c}
}

var runTests = map[string]func(*bench){
	"a task is queued as soon as its own dependencies are done": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{
			node("c", "a"), node("a"), node("b"), node("d", "b", "c"),
		}})
		run := b.queueRun("w")
		b.tick()
		got := b.claim(5)
		if n := names(got); !slices.Equal(n, []string{"a", "b"}) {
			b.Fatalf("started with %v", n)
		}
		b.succeed(got[0])
		b.tick()
		c := b.claim(5)
		if n := names(c); !slices.Equal(n, []string{"c"}) {
			b.Fatalf("went on with %v", n)
		}
		b.succeed(c[0])
		b.tick()
		equal(b, "started before b is done", len(b.claim(5)), 0)
		b.after(time.Minute)
		b.succeed(got[1])
		b.tick()
		d := b.claim(5)[0]
		equal(b, "the run", b.run(run).Status, taskflow.Running)
		b.after(time.Minute)
		b.succeed(d)
		ended := b.now
		b.after(time.Minute)
		b.tick()
		equal(b, "the run", b.run(run).Status, taskflow.Success)
		equal(b, "ended_at is the last task's", b.run(run).EndedAt, ended)
	},
	"without failures all is success": outcome(
		taskflow.Workflow{Tasks: []*taskflow.Task{node("a"), node("b", "a")}}, nil,
		taskflow.Success, map[string]taskflow.Status{"a": taskflow.Success, "b": taskflow.Success}),
	"what needs a failed task is skipped, the rest is dequeued": outcome(
		taskflow.Workflow{Tasks: []*taskflow.Task{node("a"), node("b", "a"), node("c", "b"), node("x"), node("y", "x")}},
		[]string{"a"}, taskflow.Failed, map[string]taskflow.Status{
			"a": taskflow.Failed, "b": taskflow.Skipped, "c": taskflow.Skipped,
			"x": taskflow.Success, "y": taskflow.Dequeued}),
	"on_failure continue lets independent branches go on": outcome(
		taskflow.Workflow{OnFailure: taskflow.OnFailureContinue,
			Tasks: []*taskflow.Task{node("a"), node("b", "a"), node("x"), node("y", "x")}},
		[]string{"a"}, taskflow.Failed, map[string]taskflow.Status{
			"a": taskflow.Failed, "b": taskflow.Skipped, "x": taskflow.Success, "y": taskflow.Success}),
	"clean-up and alerts run when the run has stopped": outcome(
		taskflow.Workflow{Tasks: []*taskflow.Task{node("a"), node("b", "a"),
			nodeIf("clean", taskflow.AllDone, "a", "b"), nodeIf("alert", taskflow.OneFailed, "a"), node("c", "clean")}},
		[]string{"a"}, taskflow.Failed, map[string]taskflow.Status{
			"a": taskflow.Failed, "b": taskflow.Skipped, "clean": taskflow.Success,
			"alert": taskflow.Success, "c": taskflow.Dequeued}),
	"an alert without a failure is skipped and does not fail the run": outcome(
		taskflow.Workflow{Tasks: []*taskflow.Task{node("a"), nodeIf("alert", taskflow.OneFailed, "a")}}, nil,
		taskflow.Success, map[string]taskflow.Status{"a": taskflow.Success, "alert": taskflow.Skipped}),
	"one success is enough for one_success": outcome(
		taskflow.Workflow{OnFailure: taskflow.OnFailureContinue,
			Tasks: []*taskflow.Task{node("a"), node("b"), nodeIf("c", taskflow.OneSuccess, "a", "b")}},
		[]string{"a"}, taskflow.Failed, map[string]taskflow.Status{
			"a": taskflow.Failed, "b": taskflow.Success, "c": taskflow.Success}),
	"a skipped dependency is no success": outcome(
		taskflow.Workflow{Tasks: []*taskflow.Task{node("a"), nodeIf("alert", taskflow.OneFailed, "a"),
			node("b", "alert"), nodeIf("done", taskflow.AllDone, "alert")}}, nil,
		taskflow.Success, map[string]taskflow.Status{"a": taskflow.Success, "alert": taskflow.Skipped,
			"b": taskflow.Skipped, "done": taskflow.Success}),
	"a failed run says which task failed": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{node("a")}})
		run := b.queueRun("w")
		b.pass(run, "a")
		equal(b, "reason", b.run(run).Reason, `task "a" failed`)
	},
	"waiting instances are dequeued when the run stops, running ones finish": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{node("a"), node("b"), node("c")}})
		run := b.queueRun("w")
		b.tick()
		got := b.claim(2)
		b.fail(got[0])
		b.tick()
		states := b.states(run)
		equal(b, "b", states["b"], taskflow.Running)
		equal(b, "c", states["c"], taskflow.Dequeued)
		equal(b, "run", b.run(run).Status, taskflow.Running)
		b.succeed(got[1])
		b.tick()
		equal(b, "run", b.run(run).Status, taskflow.Failed)
	},
	"a run waits for room under its workflow's concurrency, others do not": func(b *bench) {
		tf := taskflow.New()
		tf.AddWorkflows(
			&taskflow.Workflow{Name: "one", Tasks: []*taskflow.Task{{Name: "a", Executor: noop}}},
			&taskflow.Workflow{Name: "two", Concurrency: 2, Tasks: []*taskflow.Task{{Name: "b", Executor: noop, Concurrency: 2}}})
		b.define(tf)
		var runs []int64
		for range 3 {
			runs = append(runs, b.queueRun("one"), b.queueRun("two"))
		}
		b.tick()
		want := []taskflow.Status{"running", "running", "queued", "running", "queued", "queued"}
		for i, id := range runs {
			equal(b, b.run(id).WorkflowName, b.run(id).Status, want[i])
		}
		b.pass(runs[4])
		equal(b, "the third", b.run(runs[4]).Status, taskflow.Success)
	},
	"priority and params come from the run unless the task has its own": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{
			{Name: "a", Params: taskflow.Params{"x": "task", "y": "task"}}, {Name: "b", DefaultPriority: taskflow.Low},
		}})
		b.queueRun("w", func(r *store.Request) {
			r.Priority, r.Params = taskflow.Critical, taskflow.Params{"x": "run"}
		})
		b.tick()
		got := b.claim(2)
		equal(b, "a's priority", got[0].Instance.Priority, taskflow.Critical)
		equal(b, "b's priority", got[1].Instance.Priority, taskflow.Low)
		equal(b, "a's x", got[0].Instance.Params["x"], any("run"))
		equal(b, "a's y", got[0].Instance.Params["y"], any("task"))
	},
	"dependents get the results of what they depend on": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{node("a"), node("b"), node("c", "a", "b"), node("d", "c")}})
		run := b.queueRun("w")
		b.tick()
		got := b.claim(2)
		b.record(got[0], store.Outcome{Kind: store.Succeeded, Result: []byte(`{"n":1}`)})
		b.succeed(got[1])
		b.tick()
		c := b.claim(1)[0]
		equal(b, "workflow", c.Instance.WorkflowName, "w")
		equal(b, "run", c.Instance.WorkflowInstanceID, run)
		equal(b, "results", len(c.Instance.Results), 1)
		equal(b, "result of a", string(c.Instance.Results["a"]), `{"n":1}`)
		b.succeed(c)
		b.tick()
		equal(b, "results for d", len(b.claim(1)[0].Instance.Results), 0)
	},
	"a run keeps the graph it started with": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{node("a"), node("b", "a")}})
		run := b.queueRun("w")
		b.tick()
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{node("a"), node("c", "a"), node("b", "c")}})
		b.pass(run)
		if got := b.states(run); len(got) != 2 {
			b.Errorf("got %v", got)
		}
		next := b.queueRun("w")
		b.pass(next)
		if got := b.states(next); len(got) != 3 {
			b.Errorf("the next run: got %v", got)
		}
	},
	"moving a run along again queues nothing twice": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{node("a"), node("b", "a")}})
		run := b.queueRun("w")
		for range 3 {
			b.tick()
		}
		b.succeed(b.claim(5)[0])
		for range 3 {
			b.tick()
		}
		tasks, err := b.st.RunTasks(b.ctx, run)
		b.must(err)
		equal(b, "instances", len(tasks), 2)
	},
}
