package scheduler

import (
	"slices"
	"sync"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cron"
	"github.com/taskflow-run/taskflow/internal/store"
)

// chunk bounds how many missed fires one plan records, so that a transaction
// stays short after a long time without a scheduler.
const chunk = 500

// decide applies the rules of semantics §3 to one schedule. It is a pure
// function of what the database says, the expressions and the time. was is
// the expression that p.Was stands for, nil if there is none.
func decide(p store.Planning, c, was *cron.Schedule, now time.Time) store.Plan {
	plan := store.Plan{Kind: p.Kind, Name: p.Name, Version: p.Version, FiredUntil: p.FiredUntil}
	planned := p.Latest != nil && p.Latest.Status == taskflow.Queued // and has not started

	if p.FiredUntil.IsZero() { // rule 2: the first fire is the next after now
		plan.FiredUntil = now
	}
	if p.Was != nil { // rule 6: past fires of the new expression were never promised
		plan.Fires = droppedFires(was, p.FiredUntil, now)
		plan.FiredUntil = now
		if planned && p.Latest.RunAt.After(now) {
			plan.Withdraw = "its schedule changed"
		}
	}
	if !p.Active {
		if planned {
			plan.Withdraw = "deactivated"
			plan.FiredUntil = store.Earlier(plan.FiredUntil, now)
		}
		return plan
	}
	// Rule 3. With room for more than one, the next is planned once the
	// latest has started.
	planned = planned && plan.Withdraw == ""
	unfinished := p.Latest != nil && !p.Latest.Status.Terminal() && plan.Withdraw == ""
	if planned || unfinished && p.Concurrency == 1 {
		return plan
	}
	planNext(&plan, p, c, now)
	return plan
}

// droppedFires are the past fires of an expression that is no more.
func droppedFires(was *cron.Schedule, from, now time.Time) (fires []store.Fire) {
	if was == nil || from.IsZero() {
		return nil
	}
	missed, _ := missedFires(was, from, now)
	for _, at := range missed {
		fires = append(fires, store.Fire{At: at, Outcome: store.FireSkipped, Reason: "its schedule changed"})
	}
	return fires
}

// planNext accounts for the fires since FiredUntil and queues the next one
// that is to run: rule 4.
func planNext(plan *store.Plan, p store.Planning, c *cron.Schedule, now time.Time) {
	missed, next := missedFires(c, plan.FiredUntil, now)
	more := !next.IsZero() && !next.After(now) // past this chunk
	j := judge{Planning: p, now: now, limit: sync.OnceValue(func() time.Time {
		return nthLast(c, p.Schedule.MissedLimit, now)
	})}
	for i, at := range missed {
		follower := next
		if i+1 < len(missed) {
			follower = missed[i+1]
		}
		fire := j.fire(at, follower)
		plan.FiredUntil = at
		if fire.Outcome == store.FireQueued {
			plan.Queue = at
			return
		}
		plan.Fires = append(plan.Fires, fire)
	}
	if more {
		plan.Unfinished = true
		return
	}
	if s := p.Schedule.Start; next.Before(s) && !next.IsZero() {
		next = c.Next(s.Add(-time.Nanosecond))
	}
	if next.IsZero() || !p.Schedule.End.IsZero() && next.After(p.Schedule.End) {
		return // there is no further fire
	}
	plan.Queue, plan.FiredUntil = next, next
}

// missedFires returns up to a chunk of the fires after from that are not
// later than now, and the fire that follows them.
func missedFires(c *cron.Schedule, from, now time.Time) (missed []time.Time, next time.Time) {
	next = c.Next(from)
	for !next.IsZero() && !next.After(now) && len(missed) < chunk {
		missed = append(missed, next)
		next = c.Next(next)
	}
	return missed, next
}

// judge says what becomes of fires that lie in the past.
type judge struct {
	store.Planning
	now   time.Time
	limit func() time.Time // the oldest fire that missed_limit allows
}

// fire judges one, given the fire that follows it.
func (j judge) fire(at, follower time.Time) store.Fire {
	if j.outside(at) {
		return store.Fire{At: at, Outcome: store.FireOutside}
	}
	policy, why := j.Schedule.Missed, "missed"
	if j.paused(at) {
		policy, why = j.Schedule.OnResume, "on_resume"
	}
	switch policy {
	case taskflow.MissedNone:
		return j.passed(at, store.FireSkipped, why+" is none")
	case taskflow.MissedLatest:
		last := follower.IsZero() || follower.After(j.now) || j.outside(follower) || j.paused(follower) != j.paused(at)
		if !last {
			return j.passed(at, store.FireCoalesced, why+" is latest; a later fire ran")
		}
	case taskflow.MissedAll:
		if at.Before(j.limit()) {
			return j.passed(at, store.FireSkipped, "more fires were missed than missed_limit allows")
		}
	}
	return store.Fire{At: at, Outcome: store.FireQueued}
}

func (j judge) outside(t time.Time) bool {
	return t.Before(j.Schedule.Start) || !j.Schedule.End.IsZero() && t.After(j.Schedule.End)
}

func (j judge) paused(t time.Time) bool {
	return slices.ContainsFunc(j.Pauses, func(s store.Span) bool { return s.Contains(t) })
}

// passed is a fire that ran nothing, for a reason or because the run before
// it had not ended.
func (j judge) passed(at time.Time, outcome store.FireOutcome, reason string) store.Fire {
	if l := j.Latest; l != nil && !l.StartedAt.IsZero() && (l.EndedAt.IsZero() || at.Before(l.EndedAt)) {
		outcome, reason = store.FireOverlapped, "the run before it had not ended; "+reason
	}
	return store.Fire{At: at, Outcome: outcome, Reason: reason}
}

// nthLast returns the n-th last fire up to now.
func nthLast(c *cron.Schedule, n int, now time.Time) time.Time {
	at := now.Add(time.Nanosecond)
	for ; n > 0; n-- {
		before := c.Prev(at)
		if before.IsZero() {
			break
		}
		at = before
	}
	return at
}
