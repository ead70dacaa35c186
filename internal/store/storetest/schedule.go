package storetest

import (
	"errors"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// open returns the one schedule that has no valid plan.
func (b *bench) open() store.Planning {
	b.Helper()
	open, err := b.st.Unplanned(b.ctx, 10)
	b.must(err)
	if len(open) != 1 {
		b.Fatalf("%d schedules are unplanned, want 1", len(open))
	}
	return open[0]
}

func (b *bench) planned() bool {
	b.Helper()
	open, err := b.st.Unplanned(b.ctx, 10)
	b.must(err)
	return len(open) == 0
}

// plan carries out a plan that queues a fire.
func (b *bench) plan(p store.Planning, fire time.Time) error {
	return b.st.Plan(b.ctx, b.now, store.Term{}, store.Plan{
		Kind: p.Kind, Name: p.Name, Version: p.Version, Queue: fire, FiredUntil: fire,
	})
}

// scheduled defines a task with a schedule.
func (b *bench) scheduled() {
	task := &taskflow.Task{Name: "a", Active: true, Schedule: taskflow.Schedule{Cron: "0 * * * *"}}
	b.tasks(task)
}

var scheduleTests = map[string]func(*bench){
	"a planned fire lies in the queue with its time": func(b *bench) {
		b.scheduled()
		fire := b.now.Add(time.Hour)
		b.must(b.plan(b.open(), fire))
		equal(b, "planned", b.planned(), true)
		equal(b, "claimed before its time", len(b.claim(1)), 0)
		b.after(time.Hour)
		a := b.claim(1)[0]
		equal(b, "scheduled", a.Instance.Scheduled, true)
		equal(b, "run_at", a.Instance.RunAt, fire)
	},
	"a fire happens once, ever": func(b *bench) {
		b.scheduled()
		fire := b.now.Add(-time.Minute)
		b.must(b.plan(b.open(), fire))
		a := b.claim(1)[0]
		p := b.open() // its start is a reason to look again
		equal(b, "latest", p.Latest.ID, a.ID)
		b.must(b.plan(p, fire))
		b.succeed(a)
		b.must(b.plan(b.open(), fire))
		equal(b, "claimed again", len(b.claim(1)), 0)
		p = b.open()
		equal(b, "latest after a fire that was not new", p.Latest.ID, a.ID)
		equal(b, "fired until", p.FiredUntil, fire)
	},
	"a plan is void when the schedule has changed since": func(b *bench) {
		b.scheduled()
		p := b.open()
		b.must(b.plan(p, b.now.Add(-time.Minute)))
		b.claim(1)
		err := b.plan(p, b.now)
		equal(b, "stale", errors.Is(err, store.ErrStale), true)
	},
	"the start and the end of the latest instance are reasons to plan": func(b *bench) {
		b.scheduled()
		fire := b.now.Add(-time.Minute)
		b.must(b.plan(b.open(), fire))
		a := b.claim(1)[0]
		p := b.open()
		equal(b, "status", p.Latest.Status, taskflow.Running)
		b.must(b.st.Plan(b.ctx, b.now, store.Term{}, store.Plan{Kind: p.Kind, Name: p.Name, Version: p.Version, FiredUntil: fire}))
		equal(b, "planned", b.planned(), true)
		b.after(time.Second)
		b.succeed(a)
		p = b.open()
		equal(b, "status", p.Latest.Status, taskflow.Success)
		equal(b, "ended_at", p.Latest.EndedAt, b.now)
	},
	"a withdrawn fire that has not come can be planned again": func(b *bench) {
		b.scheduled()
		fire := b.now.Add(time.Hour)
		b.must(b.plan(b.open(), fire))
		b.tasks(&taskflow.Task{Name: "a", Active: true, Schedule: taskflow.Schedule{Cron: "0 */1 * * *"}})
		p := b.open()
		equal(b, "changed from", p.Was.Cron, "0 * * * *")
		b.must(b.st.Plan(b.ctx, b.now, store.Term{}, store.Plan{
			Kind: p.Kind, Name: p.Name, Version: p.Version, Withdraw: "its schedule changed", Queue: fire, FiredUntil: fire,
		}))
		equal(b, "old instance", b.task(p.Latest.ID).Status, taskflow.Dequeued)
		equal(b, "planned", b.planned(), true)
		b.after(time.Hour)
		equal(b, "claimed", len(b.claim(5)), 1)
	},
	"a withdrawn fire that has come is not planned again": func(b *bench) {
		b.scheduled()
		fire := b.now.Add(-time.Hour)
		b.must(b.plan(b.open(), fire))
		b.tasks(&taskflow.Task{Name: "a", Active: true, Schedule: taskflow.Schedule{Cron: "5 * * * *"}})
		p := b.open()
		b.must(b.st.Plan(b.ctx, b.now, store.Term{}, store.Plan{
			Kind: p.Kind, Name: p.Name, Version: p.Version, Withdraw: "test", Queue: fire, FiredUntil: fire,
		}))
		equal(b, "claimed", len(b.claim(5)), 0)
	},
	"a removed schedule takes its planned instance along, a retired one is inactive": func(b *bench) {
		b.scheduled()
		b.must(b.plan(b.open(), b.now))
		b.tasks(&taskflow.Task{Name: "other"})
		equal(b, "active", b.open().Active, false)
		b.tasks(&taskflow.Task{Name: "a"})
		equal(b, "planned", b.planned(), true)
		equal(b, "claimed", len(b.claim(5)), 0)
	},
	"workflows are planned like tasks": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Active: true, Schedule: taskflow.Schedule{Cron: "0 * * * *", Timezone: "Europe/Berlin"},
			Tasks: []*taskflow.Task{{Name: "a"}}})
		p := b.open()
		equal(b, "kind", p.Kind, store.WorkflowKind)
		equal(b, "timezone", p.Schedule.Timezone, "Europe/Berlin")
		b.must(b.plan(p, b.now))
		b.tick()
		p = b.open()
		equal(b, "status", p.Latest.Status, taskflow.Running)
		b.pass(p.Latest.ID)
		equal(b, "scheduled", b.run(p.Latest.ID).Scheduled, true)
	},
}

var leaderTests = map[string]func(*bench){
	"one leads, and renews under the same epoch": func(b *bench) {
		first, err := b.st.Lead(b.ctx, "x", time.Minute)
		b.must(err)
		equal(b, "holder", first.Holder, "x")
		second, err := b.st.Lead(b.ctx, "y", time.Minute)
		b.must(err)
		equal(b, "the other's term", second, store.Term{})
		again, err := b.st.Lead(b.ctx, "x", time.Minute)
		b.must(err)
		equal(b, "renewed", again, first)
	},
	"who follows has a higher epoch, and the writes of who led are refused": func(b *bench) {
		b.scheduled()
		first, err := b.st.Lead(b.ctx, "x", time.Minute)
		b.must(err)
		b.must(b.st.Resign(b.ctx, first))
		second, err := b.st.Lead(b.ctx, "y", time.Minute)
		b.must(err)
		equal(b, "higher", second.Epoch > first.Epoch, true)
		p := b.open()
		plan := store.Plan{Kind: p.Kind, Name: p.Name, Version: p.Version, Queue: b.now, FiredUntil: b.now}
		err = b.st.Plan(b.ctx, b.now, first, plan)
		equal(b, "refused", errors.Is(err, store.ErrNotLeader), true)
		b.must(b.st.Plan(b.ctx, b.now, second, plan))
	},
	"a lease that has ended is free": func(b *bench) {
		first, err := b.st.Lead(b.ctx, "x", -time.Second)
		b.must(err)
		second, err := b.st.Lead(b.ctx, "y", time.Minute)
		b.must(err)
		equal(b, "higher", second.Epoch > first.Epoch, true)
	},
}

var logTests = map[string]func(*bench){
	"lines are read back in order, from a position, and from the end": func(b *bench) {
		id, a := b.logged()
		b.must(b.st.AppendLog(b.ctx, []store.LogEntry{line(a, 1, "one"), line(a, 2, "two"), line(a, 3, "three")}))
		lines, err := b.st.Log(b.ctx, id, store.LogPosition{}, 2)
		b.must(err)
		equal(b, "lines", len(lines), 2)
		equal(b, "first", lines[0].Text, "one")
		equal(b, "time", lines[0].Time, start)
		lines, err = b.st.Log(b.ctx, id, lines[1].Position, 2)
		b.must(err)
		equal(b, "lines after", len(lines), 1)
		equal(b, "stream", lines[0].Stream, "stdout")
		tail, err := b.st.LogTail(b.ctx, id, 2)
		b.must(err)
		equal(b, "tail", tail[0].Text+" "+tail[1].Text, "two three")
	},
	"what the cap cuts out is replaced by a mark": func(b *bench) {
		id, a := b.logged()
		mark := line(a, 2, "left out")
		mark.DropTo = 4
		b.must(b.st.AppendLog(b.ctx, []store.LogEntry{line(a, 1, "one"), line(a, 3, "three"), line(a, 4, "four"), line(a, 5, "five")}))
		b.must(b.st.AppendLog(b.ctx, []store.LogEntry{mark, line(a, 6, "six")}))
		lines, err := b.st.Log(b.ctx, id, store.LogPosition{}, 10)
		b.must(err)
		got := ""
		for _, l := range lines {
			got += l.Text + " "
		}
		equal(b, "lines", got, "one left out five six ")
	},
	"the last lines are written with the outcome, and not under a lost claim": func(b *bench) {
		id, a := b.logged()
		b.record(a, store.Outcome{Kind: store.Succeeded, Log: []store.LogEntry{line(a, 1, "bye")}})
		b.record(a, store.Outcome{Kind: store.Succeeded, Log: []store.LogEntry{line(a, 2, "too late")}})
		lines, err := b.st.Log(b.ctx, id, store.LogPosition{}, 10)
		b.must(err)
		equal(b, "lines", len(lines), 1)
	},
}

func (b *bench) logged() (int64, store.Attempt) {
	b.Helper()
	b.tasks(&taskflow.Task{Name: "a"})
	id := b.queue("a")
	return id, b.claim(1)[0]
}

func line(a store.Attempt, n int, text string) store.LogEntry {
	return store.LogEntry{Claim: a.Claim, Attempt: a.Instance.Attempts, Line: n, Time: start, Stream: "stdout", Text: text}
}
