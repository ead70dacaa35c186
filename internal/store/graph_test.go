package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

var noop = taskflow.Func(func(context.Context, *taskflow.TaskInstance) (any, error) { return nil, nil })

// randomWorkflow returns a graph of up to twelve tasks with any conditions.
func randomWorkflow(t *testing.T, r *rand.Rand) *taskflow.Workflow {
	conditions := []taskflow.RunIf{taskflow.AllSuccess, taskflow.AllSuccess, taskflow.AllDone, taskflow.OneFailed, taskflow.OneSuccess}
	w := &taskflow.Workflow{Name: "w", OnFailure: taskflow.OnFailureStop}
	if r.IntN(2) == 0 {
		w.OnFailure = taskflow.OnFailureContinue
	}
	for i := range 1 + r.IntN(12) {
		task := &taskflow.Task{Name: fmt.Sprint("t", i), Executor: noop}
		for j := range i {
			if r.IntN(4) == 0 {
				task.DependsOn = append(task.DependsOn, fmt.Sprint("t", j))
			}
		}
		if task.DependsOn != nil {
			task.RunIf = conditions[r.IntN(len(conditions))]
		}
		w.Tasks = append(w.Tasks, task)
	}
	r.Shuffle(len(w.Tasks), func(i, j int) { w.Tasks[i], w.Tasks[j] = w.Tasks[j], w.Tasks[i] })
	tf := taskflow.New()
	tf.AddWorkflows(w)
	defs, err := tf.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	return defs.Workflow("w")
}

// Whatever the graph and whatever fails, a run comes to its end, decides about
// each task once, and never starts one whose condition does not hold.
func TestEveryRunComesToItsEnd(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	for round := range 3000 {
		w := randomWorkflow(t, r)
		g := store.NewGraph(w)
		status := map[string]taskflow.Status{}
		cancelled := false
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("seed %d, round %d: %s\nstates %v", seed, round, fmt.Sprintf(format, args...), status)
		}
		end := taskflow.Status("")
		for step := 0; end == ""; step++ {
			if step > 100 {
				fail("it does not end")
			}
			d := g.Decide(status, cancelled)
			for _, name := range d.Dequeue {
				if s := status[name]; s != taskflow.Queued && s != taskflow.Retry {
					fail("%s is dequeued while %s", name, s)
				}
				status[name] = taskflow.Dequeued
			}
			for _, set := range []struct {
				tasks []*store.GraphTask
				to    taskflow.Status
			}{{d.Skip, taskflow.Skipped}, {d.Drop, taskflow.Dequeued}, {d.Queue, taskflow.Queued}} {
				for _, task := range set.tasks {
					if status[task.Name] != "" {
						fail("%s is decided about again", task.Name)
					}
					if set.to == taskflow.Queued && !holds(task, status) {
						fail("%s is queued, but its %s does not hold", task.Name, task.RunIf)
					}
					status[task.Name] = set.to
				}
			}
			if end = d.End; end != "" {
				break
			}
			cancelled = cancelled || r.IntN(30) == 0
			advanceOne(r, status)
		}
		check(fail, w, status, end, cancelled)
	}
}

// holds says whether a task's condition holds, in the words of the semantics.
func holds(task *store.GraphTask, status map[string]taskflow.Status) bool {
	count := map[taskflow.Status]int{}
	ended := 0
	for _, on := range task.DependsOn {
		count[status[on]]++
		if status[on].Terminal() {
			ended++
		}
	}
	all := len(task.DependsOn)
	switch task.RunIf {
	case taskflow.AllDone:
		return ended == all
	case taskflow.OneFailed:
		return count[taskflow.Failed] > 0
	case taskflow.OneSuccess:
		return count[taskflow.Success] > 0
	}
	return count[taskflow.Success] == all
}

// advanceOne lets one instance that is under way move on.
func advanceOne(r *rand.Rand, status map[string]taskflow.Status) {
	for name, s := range status { // any one: the order of a map is random
		switch s {
		case taskflow.Queued, taskflow.Retry:
			status[name] = taskflow.Running
			return
		case taskflow.Running:
			next := []taskflow.Status{taskflow.Success, taskflow.Success, taskflow.Success, taskflow.Failed, taskflow.Retry}
			status[name] = next[r.IntN(len(next))]
			return
		}
	}
}

func check(fail func(string, ...any), w *taskflow.Workflow, status map[string]taskflow.Status, end taskflow.Status, cancelled bool) {
	failed, dequeued := false, false
	for _, task := range w.Tasks {
		s := status[task.Name]
		if !s.Terminal() {
			fail("it ended with %s %s", task.Name, s)
		}
		failed = failed || s == taskflow.Failed
		dequeued = dequeued || s == taskflow.Dequeued
	}
	want := taskflow.Success
	switch {
	case cancelled:
		want = taskflow.Dequeued
	case failed || dequeued:
		want = taskflow.Failed
	}
	if end != want {
		fail("it ended as %s, want %s", end, want)
	}
	if dequeued && !failed && !cancelled {
		fail("a task was dequeued without a reason")
	}
	if w.OnFailure == taskflow.OnFailureContinue && dequeued && !cancelled {
		fail("a task was dequeued although the run was to continue")
	}
}
