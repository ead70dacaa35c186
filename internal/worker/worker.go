// Package worker runs tasks. A worker claims due instances for its free slots,
// runs their Go code or command, keeps their log, and records how they ended.
//
// It never holds claimed work that it is not running, and it ends an attempt
// itself: at its timeout, when it is cancelled, when its claim is lost, and,
// after a grace, when the worker shuts down. Outcomes are recorded in batches
// of whatever has ended meanwhile, so a lone task is recorded at once and a
// flood shares transactions.
//
// The promise is at-least-once: a crash between the work and the record of it
// runs the task again.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// Store is what a worker needs of a database.
type Store interface {
	store.Attempts
	store.Signals
}

// Worker is the loop. Store, Defs, ID, Slots, Command and Now are required.
type Worker struct {
	Store Store
	Defs  *taskflow.Definitions
	ID    string   // unique among workers
	Slots int      // how many attempts may run at once
	Tasks []string // which it runs, all of them defined
	// Command returns what runs the command of a task without Go code.
	Command func(*taskflow.Task) taskflow.Executor
	Now     func() time.Time
	Log     *slog.Logger

	// Poll is the longest wait between claims, as a fallback for signals that
	// get lost; 5 s if unset.
	Poll time.Duration
	// LostAfter is how long a worker may be silent before it counts as lost,
	// 30 s if unset; heartbeats come six times as often.
	LostAfter time.Duration
	// StopGrace is how long code may go on after its context has ended, 15 s
	// if unset. The attempt is then recorded without it, and the code left
	// behind: nothing can end a goroutine from outside.
	StopGrace time.Duration
	// Drain is how long a shutdown lets attempts run on before it cancels
	// them. They go back to the queue then, and do not count.
	Drain time.Duration
	// Hurry, when it is closed, ends the draining at once.
	Hurry <-chan struct{}
	// Rounds ends the loop after that many claims have been worked off, one
	// after the other; 0 means never.
	Rounds int
	// Instance limits the worker to one instance; FirstRun and LastRun to the
	// tasks of those workflow runs, if LastRun is not 0.
	Instance, FirstRun, LastRun int64

	tasks   store.Names
	running map[store.Claim]*attempt
	done    chan *attempt
	lines   chan struct{} // a log has lines to keep
	full    chan struct{} // a log has many
}

const (
	// flushInterval is how long log lines wait for company.
	flushInterval = 200 * time.Millisecond
	// stopInterval is how often at most a busy worker looks for what it must
	// stop, when something has changed.
	stopInterval = 100 * time.Millisecond
)

// Why the context of an attempt ended.
var (
	errCancelled = errors.New("cancelled")
	errLost      = errors.New("the claim was lost")
	errShutdown  = errors.New("the worker shut down")
)

// timeoutError is the cause of an attempt that took too long.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string {
	return fmt.Sprintf("timed out after %g s", e.after.Seconds())
}

// Run works until ctx ends and what runs has ended too, or until an error of
// the store's. Attempts that are cut off go back to the queue.
func (w *Worker) Run(ctx context.Context) error {
	w.tasks = store.NamesOf(w.Tasks...)
	w.running = map[store.Claim]*attempt{}
	w.done = make(chan *attempt, w.Slots)
	w.lines, w.full = make(chan struct{}, 1), make(chan struct{}, 1)
	if w.Log == nil {
		w.Log = slog.New(slog.DiscardHandler)
	}
	if w.Poll == 0 {
		w.Poll = 5 * time.Second
	}
	if w.LostAfter == 0 {
		w.LostAfter = 30 * time.Second
	}
	if w.StopGrace == 0 {
		w.StopGrace = 15 * time.Second
	}
	// The store is still needed once ctx has ended, for what runs.
	db := context.WithoutCancel(ctx)
	l := &loop{Worker: w, db: db}
	if err := l.run(ctx); err != nil {
		l.abandon() // what nobody can record must not run on unseen
		return fmt.Errorf("worker: %w", err)
	}
	return w.Store.Leave(db, w.ID)
}

// stop ends everything that runs.
func (w *Worker) stop(cause error) {
	for _, a := range w.running {
		a.cancel(cause)
	}
}

// held lists the claims of what runs.
func (w *Worker) held() []store.Claim {
	return slices.Collect(maps.Keys(w.running))
}
