// Package pusher hands due instances to their push destinations and brings
// back how they are doing. It runs beside the scheduler and acts only while
// that leads. Each destination has a loop of its own, so that a slow or dead
// one delays no other.
//
// An instance is claimed, as pushed, before it is submitted, and submitted
// under a name made of its id and claim number. A crash between the two leaves
// a pushed instance without a remote state; the next leader submits it again
// under the same name, and the destination finds the first.
package pusher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// Store is what a pusher needs of a database.
type Store interface {
	store.Pushes
	store.Attempts
	store.Signals
}

// Pusher is the loops. Store, Defs, Term and Now are required.
type Pusher struct {
	Store Store
	Defs  *taskflow.Definitions
	Term  func() store.Term // the leadership of this process, zero for none
	Now   func() time.Time
	Log   *slog.Logger
	// Interval is the time between two looks at the remote states, 5 s if unset.
	Interval time.Duration
}

// batch is how many instances are claimed at a time for one destination.
const batch = 50

// Run pushes and syncs until ctx ends or the store fails.
func (p *Pusher) Run(ctx context.Context) error {
	if p.Interval == 0 {
		p.Interval = 5 * time.Second
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	tasks := map[string]store.Names{} // by destination
	for _, t := range p.Defs.Tasks {
		if t.PushDestination != "" {
			if tasks[t.PushDestination] == nil {
				tasks[t.PushDestination] = store.Names{}
			}
			tasks[t.PushDestination][t.Name] = true
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var loops sync.WaitGroup
	failed := make(chan error, len(tasks))
	for name, names := range tasks {
		d := &destination{Pusher: p, name: name, worker: p.Defs.PushWorkers[name], tasks: names}
		loops.Go(func() {
			if err := d.loop(ctx); err != nil {
				failed <- fmt.Errorf("pusher: %w", err)
				stop()
			}
		})
	}
	loops.Wait()
	select {
	case err := <-failed:
		return err
	default:
		<-ctx.Done() // with no destinations there is nothing to do
		return nil
	}
}

// destination is the loop of one of them.
type destination struct {
	*Pusher
	name   string
	worker taskflow.PushWorker
	tasks  store.Names
}

func (d *destination) loop(ctx context.Context) error {
	synced := time.Time{}
	for {
		changed := d.Store.Queued()
		now := d.Now()
		if term := d.Term(); term != (store.Term{}) {
			err := d.push(ctx, now, term)
			if err == nil && now.Sub(synced) >= d.Interval {
				synced, err = now, d.sync(ctx, now, term)
			}
			if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrNotLeader) {
				return err
			}
		}
		if !store.Wait(ctx, changed, d.Interval) {
			return nil
		}
	}
}

// push claims what is due and submits it.
func (d *destination) push(ctx context.Context, now time.Time, term store.Term) error {
	for {
		claimed, err := d.Store.ClaimPushes(ctx, now, term, d.tasks, batch)
		if err != nil || len(claimed) == 0 {
			return err
		}
		for _, a := range claimed {
			if err := d.submit(ctx, term, a); err != nil {
				return err
			}
		}
	}
}

// submit hands one attempt over. A destination that refuses it fails the
// attempt; its retries apply.
func (d *destination) submit(ctx context.Context, term store.Term, a store.Attempt) error {
	if def := d.Defs.Task(a.Instance.TaskName); def != nil {
		a.Instance.Params = a.Instance.Params.Over(def.Params)
	}
	state, err := d.worker.Push(ctx, a.Instance, fmt.Sprintf("taskflow-%d-%d", a.ID, a.Number))
	if ctx.Err() != nil {
		return nil // the next leader submits it again
	}
	if err != nil {
		d.Log.Warn("push failed", "destination", d.name, "task", a.Instance.TaskName, "id", a.ID, "error", err)
		return d.end(ctx, a, store.Outcome{Kind: store.Failed, Reason: fmt.Sprintf("%s did not take it: %v", d.name, err)})
	}
	if state == nil {
		state = json.RawMessage("{}") // it was submitted, which is what counts
	}
	_, err = d.Store.SetPush(ctx, d.Now(), term, a.Claim, taskflow.Pushed, state)
	return err
}

// sync brings back how pushed instances are doing, and stops those that are
// to end.
func (d *destination) sync(ctx context.Context, now time.Time, term store.Term) error {
	pushed, err := d.Store.Pushed(ctx, d.tasks)
	if err != nil || len(pushed) == 0 {
		return err
	}
	byID := map[int64]store.PushedAttempt{}
	var open []*taskflow.TaskInstance
	for _, a := range pushed {
		ti := a.Instance
		late := ti.Timeout != taskflow.NoTimeout && now.Sub(ti.LockedAt) >= ti.Timeout
		switch {
		case ti.PushState == nil && !a.Cancelled: // claimed, and then a crash
			err = d.submit(ctx, term, a.Attempt)
		case a.Cancelled:
			err = d.stop(ctx, a, store.Outcome{Kind: store.Cancelled, Reason: "cancelled while it lay with " + d.name})
		case late:
			err = d.stop(ctx, a, store.Outcome{Kind: store.Failed, Event: "timed out",
				Reason: fmt.Sprintf("timed out after %g s", ti.Timeout.Seconds())})
		default:
			byID[ti.ID] = a
			open = append(open, ti)
		}
		if err != nil {
			return err
		}
	}
	if len(open) == 0 {
		return nil
	}
	updates, err := d.worker.Sync(ctx, open)
	if err != nil { // the destination's trouble; the next look may do better
		d.Log.Warn("sync failed", "destination", d.name, "error", err)
		return nil
	}
	for _, u := range updates {
		if a, asked := byID[u.ID]; asked {
			if err := d.update(ctx, term, a.Attempt, u); err != nil {
				return err
			}
		}
	}
	return nil
}

// stop ends a remote job and then the attempt. If the job cannot be stopped
// now, the next look tries again.
func (d *destination) stop(ctx context.Context, a store.PushedAttempt, o store.Outcome) error {
	if a.Instance.PushState != nil {
		if err := d.worker.Stop(ctx, a.Instance); err != nil {
			d.Log.Warn("stop failed", "destination", d.name, "task", a.Instance.TaskName, "id", a.ID, "error", err)
			return nil
		}
	}
	return d.end(ctx, a.Attempt, o)
}

func (d *destination) update(ctx context.Context, term store.Term, a store.Attempt, u taskflow.PushUpdate) error {
	switch u.Status {
	case taskflow.Success:
		return d.end(ctx, a, store.Outcome{Kind: store.Succeeded, Result: u.Result})
	case taskflow.Failed:
		return d.end(ctx, a, store.Outcome{Kind: store.Failed, Reason: u.Reason})
	}
	_, err := d.Store.SetPush(ctx, d.Now(), term, a.Claim, u.Status, u.State)
	return err
}

// end records how an attempt ended.
func (d *destination) end(ctx context.Context, a store.Attempt, o store.Outcome) error {
	o.Claim = a.Claim
	if o.Kind == store.Failed {
		o.RetryIn = store.RetryIn(d.Defs, a.Instance)
	}
	_, err := d.Store.Record(ctx, d.Now(), []store.Outcome{o})
	return err
}
