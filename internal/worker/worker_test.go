package worker_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
	"github.com/taskflow-run/taskflow/internal/store/sqlite"
	"github.com/taskflow-run/taskflow/internal/worker"
)

// shop is a database with a worker, in a bubble whose clock moves when
// everything waits.
type shop struct {
	*testing.T
	st     *sqlite.Store
	defs   *taskflow.Definitions
	worker *worker.Worker
	stop   context.CancelFunc
	hurry  chan struct{}
	ended  chan error
}

// inShop runs a test over tasks, with a worker of four slots under way.
func inShop(t *testing.T, tasks []*taskflow.Task, test func(*shop)) {
	t.Helper()
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	synctest.Test(t, func(t *testing.T) {
		s := &shop{T: t, hurry: make(chan struct{}), ended: make(chan error, 1)}
		tf := taskflow.New()
		tf.AddTasks(tasks...)
		var err error
		s.defs, err = tf.Definitions()
		s.must(err)
		s.st, err = sqlite.Open(t.Context(), path)
		s.must(err)
		_, err = s.st.Migrate(t.Context())
		s.must(err)
		s.must(s.st.Define(t.Context(), time.Now(), s.defs, true))
		var names []string
		for _, task := range tasks {
			names = append(names, task.Name)
		}
		s.worker = &worker.Worker{
			Store: s.st, Defs: s.defs, ID: "w", Slots: 4, Tasks: names, Now: time.Now,
			Drain: 30 * time.Second, Hurry: s.hurry,
		}
		ctx, cancel := context.WithCancel(context.Background())
		s.stop = cancel
		go func() { s.ended <- s.worker.Run(ctx) }()
		test(s)
		cancel()
		s.must(<-s.ended)
		s.must(s.st.Close())
	})
}

func (s *shop) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *shop) queue(name string) int64 {
	s.Helper()
	id, err := s.st.EnqueueTask(s.Context(), time.Now(), store.Request{Name: name})
	s.must(err)
	return id
}

// until waits for an instance to be in a state.
func (s *shop) until(id int64, want taskflow.Status) *taskflow.TaskInstance {
	s.Helper()
	for limit := time.Now().Add(time.Hour); time.Now().Before(limit); {
		ended, queued := s.st.Ended(), s.st.Queued()
		ti, err := s.st.TaskInstance(s.Context(), id)
		s.must(err)
		if ti.Status == want {
			return ti
		}
		select {
		case <-ended:
		case <-queued:
		case <-time.After(time.Minute):
		}
	}
	s.Fatalf("instance %d does not become %s", id, want)
	return nil
}

func (s *shop) log(id int64) string {
	s.Helper()
	lines, err := s.st.Log(s.Context(), id, store.LogPosition{}, 1000)
	s.must(err)
	var texts []string
	for _, l := range lines {
		texts = append(texts, fmt.Sprintf("%d %s: %s", l.Attempt, l.Stream, l.Text))
	}
	return strings.Join(texts, "\n")
}

func task(name string, f taskflow.Func) *taskflow.Task {
	return &taskflow.Task{Name: name, Executor: f}
}

// untilStopped is code that runs until it is told to stop.
func untilStopped(ctx context.Context, _ *taskflow.TaskInstance) (any, error) {
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

func TestASuccessIsRecordedWithResultAndLog(t *testing.T) {
	inShop(t, []*taskflow.Task{task("a", func(_ context.Context, ti *taskflow.TaskInstance) (any, error) {
		fmt.Fprint(ti.Stdout, "one\ntwo")
		fmt.Fprintln(ti.Stderr, "three")
		return map[string]int{"rows": 3}, nil
	})}, func(s *shop) {
		ti := s.until(s.queue("a"), taskflow.Success)
		if string(ti.Result) != `{"rows":3}` {
			s.Errorf("result %s", ti.Result)
		}
		// The second line has no end, so it is kept when the attempt is over.
		if got := s.log(ti.ID); got != "1 stdout: one\n1 stderr: three\n1 stdout: two" {
			s.Errorf("log:\n%s", got)
		}
		if took := ti.StartedAt.Sub(ti.RunAt); took > 0 {
			s.Errorf("started %s after it was due", took)
		}
	})
}

func TestAnErrorIsRetriedAfterItsDelay(t *testing.T) {
	a := task("a", func(_ context.Context, ti *taskflow.TaskInstance) (any, error) {
		if ti.Attempts < 3 {
			return nil, fmt.Errorf("not yet, attempt %d", ti.Attempts)
		}
		return nil, nil
	})
	a.Retries, a.RetryDelay, a.RetryBackoff = 5, 10*time.Second, taskflow.BackoffExponential
	inShop(t, []*taskflow.Task{a}, func(s *shop) {
		began := time.Now()
		ti := s.until(s.queue("a"), taskflow.Success)
		if ti.Attempts != 3 || ti.EndedAt.Sub(began).Round(time.Second) != 30*time.Second {
			s.Errorf("%d attempts, %s", ti.Attempts, ti.EndedAt.Sub(began))
		}
	})
}

func TestAnAttemptThatTakesTooLongHasFailed(t *testing.T) {
	obedient, deaf := task("obedient", untilStopped), task("deaf", func(ctx context.Context, _ *taskflow.TaskInstance) (any, error) {
		<-ctx.Done()
		return "done all the same", nil
	})
	obedient.Timeout, deaf.Timeout = 90*time.Second, 1500*time.Millisecond
	inShop(t, []*taskflow.Task{obedient, deaf}, func(s *shop) {
		if ti := s.until(s.queue("obedient"), taskflow.Failed); ti.Reason != "timed out after 90 s" || ti.EndedAt.Sub(ti.LockedAt) != 90*time.Second {
			s.Errorf("%q after %s", ti.Reason, ti.EndedAt.Sub(ti.LockedAt))
		}
		if ti := s.until(s.queue("deaf"), taskflow.Failed); ti.Reason != "timed out after 1.5 s" {
			s.Errorf("%q", ti.Reason)
		}
	})
}

func TestCodeThatDoesNotStopIsLeftBehind(t *testing.T) {
	deaf := task("deaf", func(context.Context, *taskflow.TaskInstance) (any, error) {
		time.Sleep(time.Minute)
		return nil, nil
	})
	deaf.Timeout = time.Second
	inShop(t, []*taskflow.Task{deaf, task("gone", func(context.Context, *taskflow.TaskInstance) (any, error) {
		runtime.Goexit()
		return nil, nil
	})}, func(s *shop) {
		ti := s.until(s.queue("deaf"), taskflow.Failed)
		if took := ti.EndedAt.Sub(ti.LockedAt); took != 16*time.Second || ti.Reason != "timed out after 1 s; the code did not stop and was left behind" {
			s.Errorf("%q after %s", ti.Reason, took)
		}
		if ti := s.until(s.queue("gone"), taskflow.Failed); ti.Reason != "the code ended its goroutine" {
			s.Errorf("%q", ti.Reason)
		}
		time.Sleep(time.Minute) // no goroutine may be left when the test ends
	})
}

func TestAPanicFailsTheAttemptWithItsStackInTheLog(t *testing.T) {
	inShop(t, []*taskflow.Task{
		task("a", func(context.Context, *taskflow.TaskInstance) (any, error) { panic("oh no") }),
		task("b", func(context.Context, *taskflow.TaskInstance) (any, error) { return nil, nil }),
	}, func(s *shop) {
		ti := s.until(s.queue("a"), taskflow.Failed)
		if ti.Reason != "panic: oh no" || !strings.Contains(s.log(ti.ID), "worker_test.go") {
			s.Errorf("%q, log:\n%s", ti.Reason, s.log(ti.ID))
		}
		s.until(s.queue("b"), taskflow.Success) // the worker lives on
	})
}

func TestAResultThatCannotBeKeptFailsTheAttempt(t *testing.T) {
	inShop(t, []*taskflow.Task{
		task("large", func(context.Context, *taskflow.TaskInstance) (any, error) {
			return strings.Repeat("x", taskflow.MaxResult), nil
		}),
		task("odd", func(context.Context, *taskflow.TaskInstance) (any, error) { return make(chan int), nil }),
	}, func(s *shop) {
		if ti := s.until(s.queue("large"), taskflow.Failed); !strings.Contains(ti.Reason, "65538 bytes") {
			s.Errorf("%q", ti.Reason)
		}
		if ti := s.until(s.queue("odd"), taskflow.Failed); !strings.Contains(ti.Reason, "not JSON") {
			s.Errorf("%q", ti.Reason)
		}
	})
}

func TestLinesCanBeReadWhileItRuns(t *testing.T) {
	inShop(t, []*taskflow.Task{task("a", func(ctx context.Context, ti *taskflow.TaskInstance) (any, error) {
		fmt.Fprintln(ti.Stdout, "hello")
		return untilStopped(ctx, ti)
	})}, func(s *shop) {
		id := s.queue("a")
		s.until(id, taskflow.Running)
		time.Sleep(time.Second) // of the bubble's clock
		if got := s.log(id); got != "1 stdout: hello" {
			s.Errorf("log:\n%s", got)
		}
	})
}

func TestAShutdownLetsWorkFinishThenGivesItBack(t *testing.T) {
	inShop(t, []*taskflow.Task{
		task("short", func(ctx context.Context, _ *taskflow.TaskInstance) (any, error) {
			time.Sleep(20 * time.Second)
			return nil, ctx.Err()
		}),
		task("long", untilStopped),
		task("late", untilStopped),
	}, func(s *shop) {
		short, long := s.queue("short"), s.queue("long")
		s.until(short, taskflow.Running)
		s.until(long, taskflow.Running)
		began := time.Now()
		s.stop()
		synctest.Wait()
		late := s.queue("late")
		s.must(<-s.ended)
		s.ended <- nil
		if took := time.Since(began); took != 30*time.Second {
			s.Errorf("drained for %s", took)
		}
		if ti := s.until(short, taskflow.Success); ti.Attempts != 1 {
			s.Errorf("%d attempts", ti.Attempts)
		}
		if ti := s.until(long, taskflow.Queued); ti.Attempts != 0 {
			s.Errorf("a cut off attempt counts: %d", ti.Attempts)
		}
		s.until(late, taskflow.Queued)
	})
}

func TestASecondSignalHurries(t *testing.T) {
	inShop(t, []*taskflow.Task{task("long", untilStopped)}, func(s *shop) {
		id := s.queue("long")
		s.until(id, taskflow.Running)
		began := time.Now()
		s.stop()
		close(s.hurry)
		s.must(<-s.ended)
		s.ended <- nil
		if took := time.Since(began); took > time.Second {
			s.Errorf("took %s", took)
		}
		s.until(id, taskflow.Queued)
	})
}

func TestACancelledAttemptIsStopped(t *testing.T) {
	inShop(t, []*taskflow.Task{task("a", untilStopped)}, func(s *shop) {
		id := s.queue("a")
		s.until(id, taskflow.Running)
		began := time.Now()
		s.must(s.st.CancelTask(s.Context(), time.Now(), id, "test"))
		s.until(id, taskflow.Dequeued)
		if took := time.Since(began); took > time.Second {
			s.Errorf("took %s", took)
		}
	})
}

func TestAWorkerThatLostItsClaimStopsAndWritesNothing(t *testing.T) {
	var causes chan error // of the bubble
	a := task("a", func(ctx context.Context, ti *taskflow.TaskInstance) (any, error) {
		if ti.Attempts > 1 {
			return nil, nil
		}
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return "too late", nil
	})
	a.Retries, a.RetryDelay = 1, taskflow.NoDelay
	inShop(t, []*taskflow.Task{a}, func(s *shop) {
		causes = make(chan error, 1)
		id := s.queue("a")
		s.until(id, taskflow.Running)
		lost, err := s.st.Lost(s.Context(), -time.Hour)
		s.must(err)
		_, err = s.st.Record(s.Context(), time.Now(), []store.Outcome{{Claim: lost[0].Claim, Kind: store.Failed, Event: "worker lost"}})
		s.must(err)
		s.until(id, taskflow.Success)
		if cause := <-causes; !strings.Contains(cause.Error(), "lost") {
			s.Errorf("stopped because %v", cause)
		}
		synctest.Wait()
		if ti := s.until(id, taskflow.Success); ti.Attempts != 2 || ti.Result != nil {
			s.Errorf("%d attempts, result %s", ti.Attempts, ti.Result)
		}
	})
}

func TestRoundsEndTheLoop(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	synctest.Test(t, func(t *testing.T) {
		s := &shop{T: t}
		tf := taskflow.New()
		tf.AddTasks(&taskflow.Task{Name: "a", Concurrency: taskflow.Unlimited, Executor: taskflow.Func(
			func(context.Context, *taskflow.TaskInstance) (any, error) { return nil, nil })})
		defs, err := tf.Definitions()
		s.must(err)
		s.st, err = sqlite.Open(t.Context(), path)
		s.must(err)
		defer s.st.Close()
		_, err = s.st.Migrate(t.Context())
		s.must(err)
		s.must(s.st.Define(t.Context(), time.Now(), defs, true))
		for range 5 {
			s.queue("a")
		}
		w := &worker.Worker{Store: s.st, Defs: defs, ID: "w", Slots: 2, Tasks: []string{"a"}, Now: time.Now, Rounds: 2}
		s.must(w.Run(t.Context()))
		done := 0
		for id := range int64(5) {
			ti, err := s.st.TaskInstance(t.Context(), id+1)
			s.must(err)
			if ti.Status == taskflow.Success {
				done++
			}
		}
		if done != 4 {
			t.Errorf("%d were run in two rounds of two", done)
		}
	})
}
