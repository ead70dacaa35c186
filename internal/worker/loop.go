package worker

import (
	"context"
	"os"
	"time"

	"github.com/taskflow-run/taskflow/internal/store"
)

// loop is one run of a worker. Everything it does to the store happens in one
// goroutine, one thing after the other; attempts run beside it.
type loop struct {
	*Worker
	db context.Context

	changed <-chan struct{} // closes when there may be something to claim
	ended   []*attempt      // and not yet recorded
	rounds  int

	// When things are next due; zero means not at all, for nextClaim at once.
	nextClaim, nextBeat, nextFlush, nextStops time.Time
	lastStops                                 time.Time
	drainUntil                                time.Time
}

func (l *loop) run(ctx context.Context) error {
	l.changed = l.Store.Queued()
	for {
		if err := l.record(); err != nil {
			return err
		}
		now := l.Now()
		if err := l.keepAlive(now); err != nil {
			return err
		}
		if due(l.nextFlush, now) {
			if err := l.flush(); err != nil {
				return err
			}
		}
		select {
		case <-l.changed:
			l.changed = l.Store.Queued() // before looking, so that no change is missed
			l.nextClaim = time.Time{}
			if len(l.running) > 0 && l.nextStops.IsZero() {
				l.nextStops = l.lastStops.Add(stopInterval)
			}
		default:
		}
		if ctx.Err() != nil {
			if len(l.running) == 0 {
				return nil
			}
			l.drain(now)
		} else if done, err := l.claim(now); err != nil || done {
			return err
		}
		l.wait(ctx, now)
	}
}

// abandon ends what runs when it can no longer be recorded, and waits for it.
func (l *loop) abandon() {
	l.stop(errShutdown)
	for range len(l.running) - len(l.ended) {
		<-l.done
	}
}

// claim fills the free slots, if it is time to look. It reports whether the
// rounds that were asked for are over.
func (l *loop) claim(now time.Time) (done bool, err error) {
	if l.Rounds > 0 && len(l.running) > 0 {
		return false, nil // a round is worked off before the next
	}
	free := l.Slots - len(l.running)
	if free == 0 || now.Before(l.nextClaim) {
		return false, nil
	}
	if l.Rounds > 0 && l.rounds == l.Rounds {
		return true, nil
	}
	claimed, err := l.Store.Claim(l.db, now, store.ClaimRequest{
		WorkerID: l.ID, Slots: free, Tasks: l.tasks, ID: l.Instance, FirstRun: l.FirstRun, LastRun: l.LastRun,
	})
	if err != nil {
		return false, err
	}
	l.rounds++
	for _, a := range claimed.Instances {
		l.running[a.Claim] = l.start(a)
	}
	l.nextClaim = now.Add(l.Poll)
	if !claimed.Next.IsZero() && claimed.Next.Before(l.nextClaim) {
		l.nextClaim = claimed.Next
	}
	// A round that found nothing is over; the last one ends the loop at once.
	return l.Rounds > 0 && l.rounds == l.Rounds && len(l.running) == 0, nil
}

// record writes down what has ended, all of it in one transaction.
func (l *loop) record() error {
	for {
		select {
		case a := <-l.done:
			l.ended = append(l.ended, a)
			continue
		default:
		}
		break
	}
	if len(l.ended) == 0 {
		return nil
	}
	outcomes := make([]store.Outcome, len(l.ended))
	for i, a := range l.ended {
		outcomes[i] = a.outcome
		outcomes[i].Log = a.log.take()
	}
	applied, err := l.Store.Record(l.db, l.Now(), outcomes)
	if err != nil {
		return err
	}
	for i, a := range l.ended {
		delete(l.running, a.claim)
		l.report(a, applied[i])
	}
	l.ended = l.ended[:0]
	l.nextClaim = time.Time{} // there is room
	return nil
}

// keepAlive says that the worker lives, and ends what it must not run on.
func (l *loop) keepAlive(now time.Time) error {
	if !now.Before(l.nextBeat) {
		host, _ := os.Hostname() // for people; "" will do
		err := l.Store.Beat(l.db, store.Worker{ID: l.ID, Host: host, PID: os.Getpid(), Slots: l.Slots})
		if err != nil {
			return err
		}
		l.nextBeat, l.nextStops = now.Add(l.LostAfter/6), now
	}
	if !due(l.nextStops, now) {
		return nil
	}
	l.lastStops, l.nextStops = now, time.Time{}
	stops, err := l.Store.Stops(l.db, l.held())
	if err != nil {
		return err
	}
	for _, s := range stops {
		cause := errLost
		if s.Cancelled {
			cause = errCancelled
		}
		if a := l.running[s.Claim]; a != nil {
			a.cancel(cause)
		}
	}
	return nil
}

// flush keeps the log lines that have gathered.
func (l *loop) flush() error {
	l.nextFlush = time.Time{}
	var entries []store.LogEntry
	for _, a := range l.running {
		entries = append(entries, a.log.take()...)
	}
	return l.Store.AppendLog(l.db, entries)
}

// drain lets what runs go on for a while, then cuts it off.
func (l *loop) drain(now time.Time) {
	if l.drainUntil.IsZero() {
		l.drainUntil = now.Add(l.Drain)
		l.Log.Info("draining", "running", len(l.running), "for", l.Drain)
	}
	select {
	case <-l.Hurry:
		l.drainUntil = now
	default:
	}
	if due(l.drainUntil, now) {
		l.stop(errShutdown)
	}
}

// wait returns when there is something to do.
func (l *loop) wait(ctx context.Context, now time.Time) {
	wake := l.nextBeat
	for _, t := range []time.Time{l.nextFlush, l.nextStops} {
		if !t.IsZero() && t.Before(wake) {
			wake = t
		}
	}
	stop, hurry := ctx.Done(), (<-chan struct{})(nil)
	if !l.drainUntil.IsZero() {
		stop, hurry = nil, l.Hurry
		if now.Before(l.drainUntil) {
			wake = store.Earlier(wake, l.drainUntil)
		} else {
			hurry = nil // hurried already
		}
	} else if len(l.running) < l.Slots && (l.Rounds == 0 || len(l.running) == 0) {
		wake = store.Earlier(wake, l.nextClaim)
	}
	lines := l.lines
	if !l.nextFlush.IsZero() {
		lines = nil // they are on the agenda
	}
	timer := time.NewTimer(wake.Sub(l.Now()))
	defer timer.Stop()
	select {
	case a := <-l.done:
		l.ended = append(l.ended, a)
	case <-l.changed:
	case <-lines:
		l.nextFlush = l.Now().Add(flushInterval)
	case <-l.full:
		l.nextFlush = now
	case <-timer.C:
	case <-stop:
	case <-hurry:
	}
}

func due(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }
