package storetest

import (
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

var recordTests = map[string]func(*bench){
	"a success ends the instance with its result": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a"})
		id := b.queue("a")
		a := b.claim(1)[0]
		b.after(time.Second)
		b.record(a, store.Outcome{Kind: store.Succeeded, Result: []byte(`{"rows":3}`)})
		ti := b.task(id)
		equal(b, "status", ti.Status, taskflow.Success)
		equal(b, "result", string(ti.Result), `{"rows":3}`)
		equal(b, "started_at", ti.StartedAt, start)
		equal(b, "ended_at", ti.EndedAt, b.now)
		equal(b, "worker", ti.WorkerID, "w1")
	},
	"a failure is retried after its delay until no attempt is left": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Retries: 1, RetryDelay: time.Minute})
		id := b.queue("a")
		b.fail(b.claim(1)[0])
		ti := b.task(id)
		equal(b, "status", ti.Status, taskflow.Retry)
		equal(b, "retry_at", ti.RetryAt, b.now.Add(time.Minute))
		b.after(time.Minute - time.Microsecond)
		equal(b, "claimed before the delay is over", len(b.claim(1)), 0)
		b.after(time.Microsecond)
		again := b.claim(1)
		equal(b, "claimed when it is over", len(again), 1)
		b.fail(again[0])
		ti = b.task(id)
		equal(b, "status", ti.Status, taskflow.Failed)
		equal(b, "attempts", ti.Attempts, 2)
		equal(b, "reason", ti.Reason, "exit status 1")
		equal(b, "first start", ti.StartedAt, start)
		equal(b, "latest claim", ti.LockedAt, b.now)
	},
	"a lost claim overwrites nobody's result": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Retries: 3, RetryDelay: taskflow.NoDelay})
		id := b.queue("a")
		first := b.claim(1)[0]
		b.fail(first) // the scheduler gave it up
		second := b.claim(1)[0]
		equal(b, "a late success applies", b.record(first, store.Outcome{Kind: store.Succeeded}), false)
		equal(b, "status", b.task(id).Status, taskflow.Running)
		b.succeed(second)
		equal(b, "a later failure applies", b.record(first, store.Outcome{Kind: store.Failed}), false)
		equal(b, "a second record applies", b.record(second, store.Outcome{Kind: store.Failed}), false)
		equal(b, "status", b.task(id).Status, taskflow.Success)
	},
	"what a shutdown cut off is queued again and does not count": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a"})
		id := b.queue("a")
		first := b.claim(1)[0]
		b.record(first, store.Outcome{Kind: store.Released})
		ti := b.task(id)
		equal(b, "status", ti.Status, taskflow.Queued)
		equal(b, "attempts", ti.Attempts, 0)
		second := b.claim(1)[0]
		equal(b, "the claim number grows", second.Number > first.Number, true)
		equal(b, "the old claim applies", b.record(first, store.Outcome{Kind: store.Failed}), false)
		b.succeed(second)
	},
	"claims to stop are told": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Concurrency: 3, Retries: 1})
		for range 3 {
			b.queue("a")
		}
		got := b.claim(3)
		b.fail(got[0])
		b.must(b.st.CancelTask(b.ctx, b.now, got[1].ID, "test"))
		stops, err := b.st.Stops(b.ctx, []store.Claim{got[0].Claim, got[1].Claim, got[2].Claim})
		b.must(err)
		equal(b, "stops", len(stops), 2)
		equal(b, "lost", stops[0], store.Stop{Claim: got[0].Claim})
		equal(b, "cancelled", stops[1], store.Stop{Claim: got[1].Claim, Cancelled: true})
	},
	"a silent worker's attempts are lost, a living one's are not": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Concurrency: 2})
		b.queue("a")
		b.claim(1)
		lost, err := b.st.Lost(b.ctx, time.Hour)
		b.must(err)
		equal(b, "lost while it lives", len(lost), 0)
		b.must(b.st.Leave(b.ctx, "w1"))
		lost, err = b.st.Lost(b.ctx, time.Hour)
		b.must(err)
		equal(b, "lost once it has gone", len(lost), 1)
		b.queue("a")
		b.claimAs(store.ClaimRequest{WorkerID: "w2", Slots: 1})
		lost, err = b.st.Lost(b.ctx, -time.Hour) // later than any heartbeat
		b.must(err)
		equal(b, "lost to silence", len(lost), 2)
	},
}

var cancelTests = map[string]func(*bench){
	"what waits is dequeued at once": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a"})
		id := b.queue("a")
		b.must(b.st.CancelTask(b.ctx, b.now, id, "not needed"))
		ti := b.task(id)
		equal(b, "status", ti.Status, taskflow.Dequeued)
		equal(b, "reason", ti.Reason, "not needed")
		equal(b, "claimed", len(b.claim(1)), 0)
	},
	"what runs is dequeued once it has stopped, and not retried": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Retries: 5})
		id := b.queue("a")
		a := b.claim(1)[0]
		b.must(b.st.CancelTask(b.ctx, b.now, id, "test"))
		equal(b, "status", b.task(id).Status, taskflow.Running)
		b.fail(a)
		equal(b, "status once stopped", b.task(id).Status, taskflow.Dequeued)
	},
	"what ended in time keeps its result": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a"})
		id := b.queue("a")
		a := b.claim(1)[0]
		b.must(b.st.CancelTask(b.ctx, b.now, id, "test"))
		b.succeed(a)
		equal(b, "status", b.task(id).Status, taskflow.Success)
		b.must(b.st.CancelTask(b.ctx, b.now, id, "test"))
		equal(b, "status after cancelling again", b.task(id).Status, taskflow.Success)
	},
	"a cancelled run is dequeued when its last task has stopped": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{
			{Name: "a"}, {Name: "b", DependsOn: []string{"a"}}, {Name: "always", DependsOn: []string{"a"}, RunIf: taskflow.AllDone},
		}})
		run := b.queueRun("w")
		b.tick()
		a := b.claim(1)[0]
		b.must(b.st.CancelRun(b.ctx, b.now, run, "test"))
		equal(b, "run", b.run(run).Status, taskflow.Running)
		b.record(a, store.Outcome{Kind: store.Cancelled})
		b.tick()
		equal(b, "run once stopped", b.run(run).Status, taskflow.Dequeued)
		for name, s := range b.states(run) {
			if s != taskflow.Dequeued && s != taskflow.Skipped {
				b.Errorf("%s is %s", name, s)
			}
		}
	},
	"a queued run is dequeued at once": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{{Name: "a"}}})
		run := b.queueRun("w")
		b.must(b.st.CancelRun(b.ctx, b.now, run, "test"))
		b.tick()
		equal(b, "run", b.run(run).Status, taskflow.Dequeued)
		equal(b, "tasks", len(b.states(run)), 0)
	},
}
