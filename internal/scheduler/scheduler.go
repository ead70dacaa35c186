// Package scheduler plans what runs when: it keeps the next fire of every
// schedule in the database, starts workflow runs and moves them along, and
// takes back what lost workers held.
//
// Any number of schedulers may run; one leads. The leader holds a lease in the
// database, and every write of it that must not happen twice is fenced by the
// lease's epoch. A tick costs by what is due or has changed, not by what is
// defined.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cron"
	"github.com/taskflow-run/taskflow/internal/store"
)

// Store is what a scheduler needs of a database.
type Store interface {
	store.Schedules
	store.Runs
	store.Attempts
	store.Signals
}

// Scheduler is the loop. Store, Defs, Holder and Now are required.
type Scheduler struct {
	Store  Store
	Defs   *taskflow.Definitions
	Holder string // names this process among schedulers
	Now    func() time.Time
	Log    *slog.Logger

	// Workflow limits the loop to the runs of one workflow, without a
	// leadership and without schedules: what `taskflow run` needs.
	Workflow string
	// Poll is the longest wait between ticks, as a fallback for signals that
	// get lost; 5 s if unset.
	Poll time.Duration
	// LostAfter is how long a worker may be silent, 30 s if unset.
	LostAfter time.Duration
	// Ticks ends the loop after that many ticks; 0 means never.
	Ticks int

	leading atomic.Pointer[store.Term] // term, for other goroutines
	term    store.Term
	renewed time.Time // when the lease was last taken or renewed
	swept   time.Time // when lost workers were last looked for
	// heardSince is since when silence could have been noticed. A gap, of
	// this process or of the database, gives every worker a full interval.
	heardSince time.Time
	crons      map[cronKey]*cron.Schedule
}

// A leader renews its lease after leaseRenewal, and gives up acting when it
// could not within leaseTTL. A crashed leader is followed after leaseTTL plus
// at most leaseRenewal, which is under 10 s.
const (
	leaseTTL     = 6 * time.Second
	leaseRenewal = 2 * time.Second
)

// sweepInterval is how often lost workers are looked for.
func (s *Scheduler) sweepInterval() time.Duration { return s.LostAfter / 6 }

// Run ticks until ctx ends, or until an error of the store's. The leadership
// is given up on the way out.
func (s *Scheduler) Run(ctx context.Context) error {
	s.setDefaults()
	defer s.resign(context.WithoutCancel(ctx))
	for ticks := 0; ; {
		changed := s.Store.Ended()
		now := s.Now()
		wake := now.Add(leaseRenewal)
		leads, err := s.lead(ctx, now)
		if leads {
			wake, err = s.Tick(ctx, now)
			ticks++
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, store.ErrNotLeader):
			s.Log.Warn("lost the leadership", "epoch", s.term.Epoch)
			s.setTerm(store.Term{})
		case err != nil:
			return fmt.Errorf("scheduler: %w", err)
		}
		if s.Ticks > 0 && ticks >= s.Ticks {
			return nil
		}
		if !store.Wait(ctx, changed, wake.Sub(s.Now())) {
			return nil
		}
	}
}

func (s *Scheduler) setDefaults() {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Poll == 0 {
		s.Poll = 5 * time.Second
	}
	if s.LostAfter == 0 {
		s.LostAfter = 30 * time.Second
	}
}

// lead makes sure of the leadership, asking the database no more often than
// it must.
func (s *Scheduler) lead(ctx context.Context, now time.Time) (bool, error) {
	if s.Workflow != "" || s.term != (store.Term{}) && now.Sub(s.renewed) < leaseRenewal {
		return true, nil
	}
	term, err := s.Store.Lead(ctx, s.Holder, leaseTTL)
	if err != nil {
		return false, err
	}
	if term != (store.Term{}) && term != s.term {
		s.Log.Info("leading", "epoch", term.Epoch)
	}
	s.setTerm(term)
	s.renewed = now
	return term != (store.Term{}), nil
}

func (s *Scheduler) setTerm(term store.Term) {
	s.term = term
	s.leading.Store(&term)
}

// Term returns the leadership that the loop holds, the zero Term for none.
// What is written under it is fenced by it, should it end meanwhile.
func (s *Scheduler) Term() store.Term {
	if term := s.leading.Load(); term != nil {
		return *term
	}
	return store.Term{}
}

func (s *Scheduler) resign(ctx context.Context) {
	if s.term == (store.Term{}) {
		return
	}
	if err := s.Store.Resign(ctx, s.term); err != nil {
		s.Log.Warn("could not give the leadership up; it ends by itself", "error", err)
	}
}

// Tick does once all that is due at now, and returns when to look again if
// nothing changes before. Outside Run it acts without a leadership.
func (s *Scheduler) Tick(ctx context.Context, now time.Time) (time.Time, error) {
	s.setDefaults()
	wake := now.Add(s.Poll)
	if s.Workflow == "" {
		wake = store.Earlier(wake, s.renewed.Add(leaseRenewal))
		if err := s.plan(ctx, now); err != nil {
			return wake, err
		}
	}
	if _, err := s.Store.Advance(ctx, now, s.term, s.Workflow); err != nil {
		return wake, err
	}
	_, next, err := s.Store.StartRuns(ctx, now, s.term, s.Workflow)
	if err != nil {
		return wake, err
	}
	if !next.IsZero() {
		wake = store.Earlier(wake, next)
	}
	return store.Earlier(wake, now.Add(s.sweepInterval())), s.sweep(ctx, now)
}

// plan decides about every schedule that has no valid plan.
func (s *Scheduler) plan(ctx context.Context, now time.Time) error {
	for {
		open, err := s.Store.Unplanned(ctx, 500)
		if err != nil || len(open) == 0 {
			return err
		}
		for _, p := range open {
			plan := store.Plan{Kind: p.Kind, Name: p.Name, Version: p.Version, FiredUntil: p.FiredUntil}
			if c, err := s.cron(p.Schedule); err == nil {
				var was *cron.Schedule
				if p.Was != nil {
					was, _ = s.cron(*p.Was) // nil if it is not understood any more
				}
				plan = decide(p, c, was, now)
			} else { // it was checked when it was defined, perhaps by another version
				s.Log.Error("schedule not understood; it stays unplanned until it changes",
					string(p.Kind), p.Name, "error", err)
			}
			if err := s.Store.Plan(ctx, now, s.term, plan); err != nil && !errors.Is(err, store.ErrStale) {
				return err
			}
			if !plan.Queue.IsZero() {
				s.Log.Debug("planned", string(p.Kind), p.Name, "run_at", plan.Queue)
			}
		}
	}
}

// cronKey is what makes an expression; parsed ones are kept.
type cronKey struct {
	expr, zone string
	gap        cron.Gap
	overlap    cron.Overlap
}

func (s *Scheduler) cron(sch taskflow.Schedule) (*cron.Schedule, error) {
	key := cronKey{sch.Cron, sch.Timezone, sch.DSTGap, sch.DSTOverlap}
	if c := s.crons[key]; c != nil {
		return c, nil
	}
	c, err := sch.Parse()
	if err != nil {
		return nil, err
	}
	if s.crons == nil {
		s.crons = map[cronKey]*cron.Schedule{}
	}
	s.crons[key] = c
	return c, nil
}

// sweep fails the attempts of workers that have been silent for too long.
func (s *Scheduler) sweep(ctx context.Context, now time.Time) error {
	if gap := now.Sub(s.swept); gap < s.sweepInterval() {
		return nil
	} else if gap > s.LostAfter/2 {
		s.heardSince = now
	}
	s.swept = now
	if now.Sub(s.heardSince) < s.LostAfter {
		return nil
	}
	lost, err := s.Store.Lost(ctx, s.LostAfter)
	if err != nil || len(lost) == 0 {
		return err
	}
	outcomes := make([]store.Outcome, len(lost))
	for i, a := range lost {
		ti := a.Instance
		s.Log.Warn("worker lost", "task", ti.TaskName, "id", ti.ID, "attempt", ti.Attempts, "worker", ti.WorkerID)
		outcomes[i] = store.Outcome{
			Claim: a.Claim, Kind: store.Failed, Event: "worker lost",
			Reason:  fmt.Sprintf("worker lost: %s was silent for more than %s", ti.WorkerID, s.LostAfter),
			RetryIn: store.RetryIn(s.Defs, ti),
		}
	}
	_, err = s.Store.Record(ctx, now, outcomes)
	return err
}
