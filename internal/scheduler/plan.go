package scheduler

import (
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cron"
	"github.com/taskflow-run/taskflow/internal/store"
)

// chunk bounds how many missed fires one plan records, so that a transaction
// stays short after a long time without a scheduler.
const chunk = 500

// decide applies the rules of semantics §3 to one schedule. It is a pure
// function of what the database says, the expression and the time.
func decide(p store.Planning, c *cron.Schedule, now time.Time) store.Plan {
	plan := store.Plan{
		Kind: p.Kind, Name: p.Name, Version: p.Version,
		FiredUntil: p.FiredUntil, PausedAt: p.PausedAt, ResumedAt: p.ResumedAt,
	}
	latest := p.Latest
	planned := latest != nil && latest.Status == taskflow.Queued // and has not started

	if !p.Active {
		if planned {
			plan.Withdraw = "deactivated"
			plan.FiredUntil = earlier(p.FiredUntil, now)
		}
		if p.PausedAt.IsZero() || !p.ResumedAt.IsZero() {
			plan.PausedAt, plan.ResumedAt = now, time.Time{}
		}
		return plan
	}
	if !p.PausedAt.IsZero() && p.ResumedAt.IsZero() {
		plan.ResumedAt = now
	}
	if p.FiredUntil.IsZero() { // rule 2: the first fire is the next after now
		plan.FiredUntil = now
	}
	if p.Changed { // rule 6: past fires of the new expression were never promised
		plan.FiredUntil = now
		if planned && latest.RunAt.After(now) {
			plan.Withdraw = "its schedule changed"
			planned = false
		}
	}
	// Rule 3. With room for more than one, the next is planned once the
	// latest has started.
	if planned || latest != nil && !latest.Status.Terminal() && p.Concurrency == 1 && plan.Withdraw == "" {
		return plan
	}
	planNext(&plan, p, c, now)
	return plan
}

// planNext accounts for the fires since FiredUntil and queues the next one
// that is to run: rule 4.
func planNext(plan *store.Plan, p store.Planning, c *cron.Schedule, now time.Time) {
	missed, next := missedFires(c, plan.FiredUntil, now)
	more := !next.IsZero() && !next.After(now) // past this chunk
	for i, at := range missed {
		follower := next
		if i+1 < len(missed) {
			follower = missed[i+1]
		}
		fire := judge(at, follower, p, plan, c, now)
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
	plan.PausedAt, plan.ResumedAt = time.Time{}, time.Time{} // all of the pause is decided
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

// judge says what becomes of a fire that lies in the past, given the fire
// that follows it.
func judge(at, follower time.Time, p store.Planning, plan *store.Plan, c *cron.Schedule, now time.Time) store.Fire {
	s := p.Schedule
	outside := func(t time.Time) bool { return t.Before(s.Start) || !s.End.IsZero() && t.After(s.End) }
	if outside(at) {
		return store.Fire{At: at, Outcome: store.FireOutside}
	}
	paused := func(t time.Time) bool { return t.After(plan.PausedAt) && !t.After(plan.ResumedAt) }
	policy, why := s.Missed, "missed"
	if paused(at) {
		policy, why = s.OnResume, "on_resume"
	}
	overlapped := p.Latest != nil && (p.Latest.EndedAt.IsZero() || at.Before(p.Latest.EndedAt))
	passed := func(outcome store.FireOutcome, reason string) store.Fire {
		if overlapped {
			outcome, reason = store.FireOverlapped, "the run before it was still under way; "+reason
		}
		return store.Fire{At: at, Outcome: outcome, Reason: reason}
	}
	switch policy {
	case taskflow.MissedNone:
		return passed(store.FireSkipped, why+" is none")
	case taskflow.MissedLatest:
		last := follower.IsZero() || follower.After(now) || outside(follower) || paused(follower) != paused(at)
		if !last {
			return passed(store.FireCoalesced, why+" is latest; a later fire ran")
		}
	case taskflow.MissedAll:
		if at.Before(limit(c, s.MissedLimit, now)) {
			return passed(store.FireSkipped, "more fires were missed than missed_limit allows")
		}
	}
	return store.Fire{At: at, Outcome: store.FireQueued}
}

// limit returns the n-th last fire up to now.
func limit(c *cron.Schedule, n int, now time.Time) time.Time {
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

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
