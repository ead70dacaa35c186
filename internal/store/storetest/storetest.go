// Package storetest is the conformance suite that every store passes: each
// test states a promise of the semantics and holds a store to it.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// Run runs the suite. open returns a store of its own to each test, without
// tables, and closes it when the test ends.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, group := range []struct {
		name  string
		tests map[string]func(*bench)
	}{
		{"schema", schemaTests},
		{"queue", queueTests},
		{"claim", claimTests},
		{"record", recordTests},
		{"run", runTests},
		{"cancel", cancelTests},
		{"schedule", scheduleTests},
		{"leader", leaderTests},
		{"log", logTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for name, test := range group.tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(newBench(t, open(t)))
				})
			}
		})
	}
}

// bench is a store with a clock of its own, and shorthands that fail the test
// on any error.
type bench struct {
	*testing.T
	st   store.Store
	ctx  context.Context
	now  time.Time
	defs *taskflow.Definitions
}

// start is the time at which every test begins.
var start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newBench(t *testing.T, st store.Store) *bench {
	b := &bench{T: t, st: st, ctx: t.Context(), now: start}
	_, err := st.Migrate(b.ctx)
	b.must(err)
	return b
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// after lets time pass.
func (b *bench) after(d time.Duration) { b.now = b.now.Add(d) }

// noop is code for tasks that are never run.
var noop = taskflow.Func(func(context.Context, *taskflow.TaskInstance) (any, error) { return nil, nil })

// tasks defines standalone tasks, with code if they have none.
func (b *bench) tasks(ts ...*taskflow.Task) {
	b.Helper()
	tf := taskflow.New()
	for _, t := range ts {
		t.Executor = noop
		tf.AddTasks(t)
	}
	b.define(tf)
}

// workflow defines a workflow.
func (b *bench) workflow(w *taskflow.Workflow) {
	b.Helper()
	tf := taskflow.New()
	for _, t := range w.Tasks {
		t.Executor = noop
	}
	tf.AddWorkflows(w)
	b.define(tf)
}

func (b *bench) define(tf *taskflow.Taskflow) {
	b.Helper()
	defs, err := tf.Definitions()
	b.must(err)
	b.must(b.st.Define(b.ctx, b.now, defs, true))
	b.defs = defs
}

// queue queues an instance of a task.
func (b *bench) queue(name string, edit ...func(*store.Request)) int64 {
	b.Helper()
	id, err := b.st.EnqueueTask(b.ctx, b.now, request(name, edit))
	b.must(err)
	return id
}

// queueRun queues a run of a workflow.
func (b *bench) queueRun(name string, edit ...func(*store.Request)) int64 {
	b.Helper()
	id, err := b.st.EnqueueRun(b.ctx, b.now, request(name, edit))
	b.must(err)
	return id
}

func request(name string, edit []func(*store.Request)) store.Request {
	r := store.Request{Name: name}
	for _, e := range edit {
		e(&r)
	}
	return r
}

// claim claims for a worker that knows every task.
func (b *bench) claim(slots int) []store.Attempt {
	b.Helper()
	return b.claimAs(store.ClaimRequest{WorkerID: "w1", Slots: slots})
}

func (b *bench) claimAs(r store.ClaimRequest) []store.Attempt {
	b.Helper()
	if r.Tasks == nil {
		r.Tasks = store.Names{}
		for _, t := range b.defs.Tasks {
			r.Tasks[t.Name] = true
		}
	}
	b.must(b.st.Beat(b.ctx, store.Worker{ID: r.WorkerID, Slots: r.Slots}))
	claimed, err := b.st.Claim(b.ctx, b.now, r)
	b.must(err)
	return claimed.Instances
}

// record ends an attempt and reports whether it still had its claim.
func (b *bench) record(a store.Attempt, o store.Outcome) bool {
	b.Helper()
	o.Claim = a.Claim
	applied, err := b.st.Record(b.ctx, b.now, []store.Outcome{o})
	b.must(err)
	return applied[0]
}

func (b *bench) succeed(a store.Attempt) {
	b.Helper()
	if !b.record(a, store.Outcome{Kind: store.Succeeded}) {
		b.Fatalf("the success of %s was not recorded", a.Instance.TaskName)
	}
}

func (b *bench) fail(a store.Attempt) {
	b.Helper()
	if !b.record(a, store.Outcome{Kind: store.Failed, Reason: "exit status 1", RetryIn: a.Instance.RetryDelay}) {
		b.Fatalf("the failure of %s was not recorded", a.Instance.TaskName)
	}
}

func (b *bench) task(id int64) *taskflow.TaskInstance {
	b.Helper()
	ti, err := b.st.TaskInstance(b.ctx, id)
	b.must(err)
	return ti
}

func (b *bench) run(id int64) *taskflow.WorkflowInstance {
	b.Helper()
	wi, err := b.st.WorkflowInstance(b.ctx, id)
	b.must(err)
	return wi
}

// tick does what a scheduler does for runs.
func (b *bench) tick() {
	b.Helper()
	_, err := b.st.Advance(b.ctx, b.now, store.Term{}, "")
	b.must(err)
	_, _, err = b.st.StartRuns(b.ctx, b.now, store.Term{}, "")
	b.must(err)
}

// states returns the states of a run's tasks by name.
func (b *bench) states(runID int64) map[string]taskflow.Status {
	b.Helper()
	tasks, err := b.st.RunTasks(b.ctx, runID)
	b.must(err)
	states := map[string]taskflow.Status{}
	for _, ti := range tasks {
		states[ti.TaskName] = ti.Status
	}
	return states
}

func names(attempts []store.Attempt) []string {
	var names []string
	for _, a := range attempts {
		names = append(names, a.Instance.TaskName)
	}
	return names
}

func ids(attempts []store.Attempt) []int64 {
	var ids []int64
	for _, a := range attempts {
		ids = append(ids, a.ID)
	}
	return ids
}

// equal fails the test if two values differ.
func equal[T comparable](b *bench, what string, got, want T) {
	b.Helper()
	if got != want {
		b.Errorf("%s: got %v, want %v", what, got, want)
	}
}
