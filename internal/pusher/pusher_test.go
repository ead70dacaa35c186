package pusher_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/pusher"
	"github.com/taskflow-run/taskflow/internal/store"
	"github.com/taskflow-run/taskflow/internal/store/sqlite"
)

// moon is a push destination: it remembers jobs by name and does with them as
// it is told.
type moon struct {
	mu      sync.Mutex
	jobs    []string // names, in the order they were first submitted
	stopped []int64
	crash   func()              // ends the leadership under which a job is submitted
	outcome taskflow.PushUpdate // of every job it is asked about
}

// Push refuses a job whose params say so. At a "crash" it takes the job, but
// the pusher cannot record it, as its leadership has ended.
func (m *moon) Push(_ context.Context, ti *taskflow.TaskInstance, name string) (json.RawMessage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	refuse, _ := ti.Params["refuse"].(string)
	if refuse != "" && refuse != "crash" {
		return nil, errors.New(refuse)
	}
	if refuse == "crash" && len(m.jobs) == 0 {
		m.crash()
	}
	if !slices.Contains(m.jobs, name) {
		m.jobs = append(m.jobs, name)
	}
	return json.RawMessage(`{"job":"` + name + `"}`), nil
}

func (m *moon) Sync(_ context.Context, pushed []*taskflow.TaskInstance) (updates []taskflow.PushUpdate, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, ti := range pushed {
		u := m.outcome
		u.ID = ti.ID
		updates = append(updates, u)
	}
	return updates, nil
}

func (m *moon) Stop(_ context.Context, ti *taskflow.TaskInstance) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopped = append(m.stopped, ti.ID)
	return nil
}

func (m *moon) will(u taskflow.PushUpdate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outcome = u
}

// inSpace runs a test with a pusher to the moon under way, in a bubble whose
// clock moves when everything waits.
func inSpace(t *testing.T, edit func(*taskflow.Task), test func(t *testing.T, st *sqlite.Store, m *moon, id int64)) {
	t.Helper()
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	synctest.Test(t, func(t *testing.T) {
		m := &moon{outcome: taskflow.PushUpdate{Status: taskflow.Pushed}}
		task := &taskflow.Task{Name: "a", PushDestination: "moon"}
		if edit != nil {
			edit(task)
		}
		tf := taskflow.New()
		tf.AddPushWorker("moon", m)
		tf.AddTasks(task)
		defs, err := tf.Definitions()
		must(t, err)
		st, err := sqlite.Open(t.Context(), path)
		must(t, err)
		_, err = st.Migrate(t.Context())
		must(t, err)
		must(t, st.Define(t.Context(), time.Now(), defs, true))
		var term atomic.Pointer[store.Term]
		lead := func() {
			next, err := st.Lead(t.Context(), "x", time.Hour)
			must(t, err)
			term.Store(&next)
		}
		lead()
		m.crash = func() {
			must(t, st.Resign(t.Context(), *term.Load()))
			lead() // under a new epoch
		}
		id, err := st.EnqueueTask(t.Context(), time.Now(), store.Request{Name: "a"})
		must(t, err)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		p := &pusher.Pusher{Store: st, Defs: defs, Term: func() store.Term { return *term.Load() }, Now: time.Now}
		go func() { done <- p.Run(ctx) }()
		test(t, st, m, id)
		stop()
		must(t, <-done)
		must(t, st.Close())
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// after returns the instance once a time has passed.
func after(t *testing.T, d time.Duration, st *sqlite.Store, id int64) *taskflow.TaskInstance {
	t.Helper()
	time.Sleep(d) // of the bubble's clock
	synctest.Wait()
	ti, err := st.TaskInstance(t.Context(), id)
	must(t, err)
	return ti
}

func TestAPushedTaskFollowsItsRemoteState(t *testing.T) {
	inSpace(t, nil, func(t *testing.T, st *sqlite.Store, m *moon, id int64) {
		ti := after(t, time.Second, st, id)
		if ti.Status != taskflow.Pushed || string(ti.PushState) != `{"job":"taskflow-1-1"}` {
			t.Fatalf("%s, %s", ti.Status, ti.PushState)
		}
		m.will(taskflow.PushUpdate{Status: taskflow.Running, State: json.RawMessage(`{"node":"tycho"}`)})
		if ti = after(t, 6*time.Second, st, id); ti.Status != taskflow.Running || string(ti.PushState) != `{"node":"tycho"}` {
			t.Fatalf("%s, %s", ti.Status, ti.PushState)
		}
		m.will(taskflow.PushUpdate{Status: taskflow.Success, Result: json.RawMessage(`7`)})
		if ti = after(t, 6*time.Second, st, id); ti.Status != taskflow.Success || string(ti.Result) != `7` {
			t.Fatalf("%s, %s", ti.Status, ti.Result)
		}
		if len(m.jobs) != 1 {
			t.Errorf("jobs %v", m.jobs)
		}
	})
}

func TestAFailedJobIsRetriedAsANewOne(t *testing.T) {
	inSpace(t, func(task *taskflow.Task) { task.Retries, task.RetryDelay = 1, 10*time.Second },
		func(t *testing.T, st *sqlite.Store, m *moon, id int64) {
			m.will(taskflow.PushUpdate{Status: taskflow.Failed, Reason: "no air"})
			if ti := after(t, time.Minute, st, id); ti.Status != taskflow.Failed || ti.Reason != "no air" || ti.Attempts != 2 {
				t.Errorf("%s %q after %d attempts", ti.Status, ti.Reason, ti.Attempts)
			}
			if !slices.Equal(m.jobs, []string{"taskflow-1-1", "taskflow-1-2"}) {
				t.Errorf("jobs %v", m.jobs)
			}
		})
}

func TestARefusedSubmissionFailsTheAttempt(t *testing.T) {
	inSpace(t, func(task *taskflow.Task) { task.Params = taskflow.Params{"refuse": "quota used up"} },
		func(t *testing.T, st *sqlite.Store, _ *moon, id int64) {
			if ti := after(t, time.Second, st, id); ti.Status != taskflow.Failed || ti.Reason != "moon did not take it: quota used up" {
				t.Errorf("%s %q", ti.Status, ti.Reason)
			}
		})
}

// A crash between the claim and the submission, or between the submission and
// the record of it, leaves a pushed instance without a state.
func TestAnInterruptedSubmissionIsMadeAgainUnderTheSameName(t *testing.T) {
	inSpace(t, func(task *taskflow.Task) { task.Params = taskflow.Params{"refuse": "crash"} },
		func(t *testing.T, st *sqlite.Store, m *moon, id int64) {
			ti := after(t, time.Second, st, id)
			if ti.Status != taskflow.Pushed || ti.PushState != nil {
				t.Fatalf("%s, %s", ti.Status, ti.PushState)
			}
			if ti = after(t, 10*time.Second, st, id); ti.PushState == nil || len(m.jobs) != 1 {
				t.Errorf("%s, jobs %v", ti.PushState, m.jobs)
			}
		})
}

func TestAJobThatTakesTooLongIsStopped(t *testing.T) {
	inSpace(t, func(task *taskflow.Task) { task.Timeout = 20 * time.Second },
		func(t *testing.T, st *sqlite.Store, m *moon, id int64) {
			if ti := after(t, 30*time.Second, st, id); ti.Status != taskflow.Failed || ti.Reason != "timed out after 20 s" {
				t.Errorf("%s %q", ti.Status, ti.Reason)
			}
			if !slices.Equal(m.stopped, []int64{id}) {
				t.Errorf("stopped %v", m.stopped)
			}
		})
}

func TestACancelledJobIsStopped(t *testing.T) {
	inSpace(t, nil, func(t *testing.T, st *sqlite.Store, m *moon, id int64) {
		after(t, time.Second, st, id)
		must(t, st.CancelTask(t.Context(), time.Now(), id, "test"))
		if ti := after(t, 6*time.Second, st, id); ti.Status != taskflow.Dequeued {
			t.Errorf("%s", ti.Status)
		}
		if !slices.Equal(m.stopped, []int64{id}) {
			t.Errorf("stopped %v", m.stopped)
		}
	})
}
