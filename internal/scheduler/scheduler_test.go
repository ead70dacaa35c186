package scheduler_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/scheduler"
	"github.com/taskflow-run/taskflow/internal/store"
	"github.com/taskflow-run/taskflow/internal/store/sqlite"
)

// hall is a database with a scheduler, in a bubble whose clock moves when
// everything waits. The bubble begins at midnight UTC on 2000-01-01.
type hall struct {
	*testing.T
	st   *sqlite.Store
	db   *sql.DB // as any other program would open it
	defs *taskflow.Definitions
}

func inHall(t *testing.T, tasks []*taskflow.Task, test func(*hall)) {
	t.Helper()
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	synctest.Test(t, func(t *testing.T) {
		h := &hall{T: t}
		var err error
		h.st, err = sqlite.Open(t.Context(), path)
		h.must(err)
		_, err = h.st.Migrate(t.Context())
		h.must(err)
		h.db, err = sql.Open("sqlite3", "file:"+path)
		h.must(err)
		h.define(tasks...)
		test(h)
		h.must(h.db.Close())
		h.must(h.st.Close())
	})
}

func (h *hall) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *hall) define(tasks ...*taskflow.Task) {
	h.Helper()
	tf := taskflow.New()
	tf.AddTasks(tasks...)
	var err error
	h.defs, err = tf.Definitions()
	h.must(err)
	h.must(h.st.Define(h.Context(), time.Now(), h.defs, true))
}

// lead runs a scheduler until the function returned is called.
func (h *hall) lead(name string) (stop func()) {
	h.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	s := &scheduler.Scheduler{Store: h.st, Defs: h.defs, Holder: name, Now: time.Now}
	go func() { done <- s.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		h.must(<-done)
	}
}

// work claims what is due and ends it at once, as a worker does.
func (h *hall) work() {
	h.Helper()
	h.must(h.st.Beat(h.Context(), store.Worker{ID: "w"}))
	claimed, err := h.st.Claim(h.Context(), time.Now(), store.ClaimRequest{WorkerID: "w", Slots: 10, Tasks: store.NamesOf("a")})
	h.must(err)
	for _, a := range claimed.Instances {
		_, err := h.st.Record(h.Context(), time.Now(), []store.Outcome{{Claim: a.Claim, Kind: store.Succeeded}})
		h.must(err)
	}
	synctest.Wait()
}

func (h *hall) exec(query string) {
	h.Helper()
	_, err := h.db.Exec(query)
	h.must(err)
	time.Sleep(time.Second) // until it is noticed
	synctest.Wait()
}

// fires returns what schedule_fires says, as "01:00 queued".
func (h *hall) fires() (fires []string) {
	h.Helper()
	rows, err := h.db.Query(`SELECT strftime('%M:%S', fire_at) || ' ' || outcome FROM schedule_fires ORDER BY fire_at`)
	h.must(err)
	defer rows.Close()
	for rows.Next() {
		var f string
		h.must(rows.Scan(&f))
		fires = append(fires, f)
	}
	h.must(rows.Err())
	return fires
}

func (h *hall) want(fires ...string) {
	h.Helper()
	if got := h.fires(); !slices.Equal(got, fires) {
		h.Errorf("fires %v, want %v", got, fires)
	}
}

func minutely() *taskflow.Task {
	return &taskflow.Task{Name: "a", Active: true, Command: "true", Schedule: taskflow.Schedule{Cron: "* * * * *"}}
}

func TestTheNextFireIsPlannedWhenTheLatestHasEnded(t *testing.T) {
	inHall(t, []*taskflow.Task{minutely()}, func(h *hall) {
		defer h.lead("x")()
		h.want("01:00 queued")
		time.Sleep(3 * time.Minute) // nobody works: the fires at 02:00 and 03:00 are overlapped
		h.want("01:00 queued")
		h.work()
		h.want("01:00 queued", "02:00 overlapped", "03:00 queued")
		h.work()
		h.want("01:00 queued", "02:00 overlapped", "03:00 queued", "04:00 queued")
	})
}

func TestFiresMissedWithoutASchedulerAreMadeUpForOnce(t *testing.T) {
	inHall(t, []*taskflow.Task{minutely()}, func(h *hall) {
		h.lead("x")()
		h.work() // before 01:00, so nothing is due
		time.Sleep(4*time.Minute + 30*time.Second)
		h.work()
		for range 3 { // however often a scheduler comes and goes
			h.lead("y")()
		}
		h.want("01:00 queued", "02:00 overlapped", "03:00 overlapped", "04:00 queued")
	})
}

func TestActivationByPlainSQLIsFollowed(t *testing.T) {
	inHall(t, []*taskflow.Task{minutely()}, func(h *hall) {
		defer h.lead("x")()
		h.exec(`UPDATE tasks SET active = 0`)
		h.want()
		time.Sleep(2 * time.Minute)
		h.exec(`UPDATE tasks SET active = 1`)
		h.want("01:00 skipped", "02:00 skipped", "03:00 queued")
	})
}

func TestARetiredDefinitionIsNotPlannedUntilItIsBack(t *testing.T) {
	inHall(t, []*taskflow.Task{minutely()}, func(h *hall) {
		defer h.lead("x")()
		h.define(&taskflow.Task{Name: "b", Command: "true"})
		synctest.Wait()
		h.want()
		h.define(minutely())
		synctest.Wait()
		h.want("01:00 queued")
	})
}

func TestAChangedScheduleMovesThePlanAtOnce(t *testing.T) {
	inHall(t, []*taskflow.Task{minutely()}, func(h *hall) {
		defer h.lead("x")()
		changed := minutely()
		changed.Schedule.Cron = "20 * * * * *"
		h.define(changed)
		synctest.Wait()
		h.want("00:20 queued")
	})
}

func TestOneSchedulerLeadsAndAnotherFollows(t *testing.T) {
	inHall(t, []*taskflow.Task{minutely()}, func(h *hall) {
		stopFirst := h.lead("first")
		stopSecond := h.lead("second")
		defer stopSecond()
		leader := func() (holder string) {
			h.must(h.db.QueryRow(`SELECT holder FROM leases WHERE expires_at > strftime('%Y-%m-%d %H:%M:%f', 'now')`).Scan(&holder))
			return holder
		}
		time.Sleep(time.Minute)
		if got := leader(); got != "first" {
			h.Fatalf("%s leads", got)
		}
		stopFirst()
		time.Sleep(3 * time.Second)
		if got := leader(); got != "second" {
			h.Errorf("%s leads after the first has stopped", got)
		}
	})
}

func TestWhatALostWorkerHeldIsGivenBack(t *testing.T) {
	a := minutely()
	a.Retries, a.RetryDelay = 1, taskflow.NoDelay
	inHall(t, []*taskflow.Task{a}, func(h *hall) {
		id, err := h.st.EnqueueTask(h.Context(), time.Now(), store.Request{Name: "a"})
		h.must(err)
		h.must(h.st.Beat(h.Context(), store.Worker{ID: "w"}))
		_, err = h.st.Claim(h.Context(), time.Now(), store.ClaimRequest{WorkerID: "w", Slots: 1, Tasks: store.NamesOf("a")})
		h.must(err)
		time.Sleep(time.Minute)
		defer h.lead("x")()
		status := func() taskflow.Status {
			ti, err := h.st.TaskInstance(h.Context(), id)
			h.must(err)
			return ti.Status
		}
		time.Sleep(25 * time.Second) // a scheduler that has just come gives everybody the full interval
		if got := status(); got != taskflow.Running {
			h.Errorf("after 25 s it is %s", got)
		}
		time.Sleep(15 * time.Second)
		if got := status(); got != taskflow.Retry {
			h.Errorf("after 40 s it is %s", got)
		}
	})
}
