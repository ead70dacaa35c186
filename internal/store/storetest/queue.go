package storetest

import (
	"errors"
	"reflect"
	"slices"

	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

var schemaTests = map[string]func(*bench){
	"migrating again does nothing": func(b *bench) {
		applied, err := b.st.Migrate(b.ctx)
		b.must(err)
		equal(b, "steps applied", len(applied), 0)
		b.must(b.st.Check(b.ctx))
	},
	"defining again keeps the active state of the database and writes nothing else": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Active: true, Schedule: taskflow.Schedule{Cron: "0 * * * *"}})
		open, err := b.st.Unplanned(b.ctx, 10)
		b.must(err)
		equal(b, "schedules to plan", len(open), 1)
		b.must(b.st.Plan(b.ctx, b.now, store.Term{}, store.Plan{Kind: store.TaskKind, Name: "a", Version: open[0].Version}))
		b.tasks(&taskflow.Task{Name: "a", Active: false, Schedule: taskflow.Schedule{Cron: "0 * * * *"}})
		open, err = b.st.Unplanned(b.ctx, 10)
		b.must(err)
		equal(b, "schedules to plan after the same definition", len(open), 0)
	},
}

var queueTests = map[string]func(*bench){
	"an instance takes what it does not name from its definition": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", DefaultPriority: taskflow.High, Retries: 2,
			Timeout: 90 * time.Second, RetryDelay: 1500 * time.Millisecond})
		ti := b.task(b.queue("a"))
		equal(b, "status", ti.Status, taskflow.Queued)
		equal(b, "priority", ti.Priority, taskflow.High)
		equal(b, "max_attempts", ti.MaxAttempts, 3)
		equal(b, "timeout", ti.Timeout, 90*time.Second)
		equal(b, "retry_delay", ti.RetryDelay, 1500*time.Millisecond)
		equal(b, "run_at", ti.RunAt, b.now)
	},
	"limits of none survive the database": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Timeout: taskflow.NoTimeout, Concurrency: taskflow.Unlimited})
		equal(b, "timeout", b.task(b.queue("a")).Timeout, taskflow.NoTimeout)
		for range 20 {
			b.queue("a")
		}
		equal(b, "claimed", len(b.claim(30)), 21)
	},
	"an undefined name is refused": func(b *bench) {
		_, err := b.st.EnqueueTask(b.ctx, b.now, store.Request{Name: "nope"})
		var unknown *taskflow.UnknownError
		if !errors.As(err, &unknown) || unknown.Name != "nope" {
			b.Errorf("got error %v", err)
		}
		_, err = b.st.EnqueueRun(b.ctx, b.now, store.Request{Name: "nope"})
		if !errors.As(err, &unknown) || unknown.Kind != "workflow" {
			b.Errorf("got error %v", err)
		}
	},
	"a unique key is refused while an instance with it is unfinished, and free afterwards": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a"})
		key := func(r *store.Request) { r.Unique = "k" }
		first := b.queue("a", key)
		_, err := b.st.EnqueueTask(b.ctx, b.now, request("a", []func(*store.Request){key}))
		var duplicate *taskflow.DuplicateError
		if !errors.As(err, &duplicate) || duplicate.ID != first {
			b.Fatalf("got error %v, want one that names instance %d", err, first)
		}
		b.succeed(b.claim(1)[0])
		b.queue("a", key)
	},
	"params and numbers in them come back as they were written": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a"})
		var p taskflow.Params
		b.must(p.UnmarshalJSON([]byte(`{"n": 12345678901234567890, "s": "<é>", "l": [1.50, null]}`)))
		id := b.queue("a", func(r *store.Request) { r.Params = p })
		if got := b.task(id).Params; !reflect.DeepEqual(got, p) {
			b.Errorf("got %v, want %v", got, p)
		}
	},
	"an id that is not there is not found": func(b *bench) {
		_, err := b.st.TaskInstance(b.ctx, 99)
		equal(b, "task", errors.Is(err, taskflow.ErrNotFound), true)
		_, err = b.st.WorkflowInstance(b.ctx, 99)
		equal(b, "run", errors.Is(err, taskflow.ErrNotFound), true)
	},
	"a task is added to a run once, and only while it has not ended": func(b *bench) {
		b.workflow(&taskflow.Workflow{Name: "w", Tasks: []*taskflow.Task{{Name: "a"}, {Name: "z", DependsOn: []string{"a"}}}})
		run := b.queueRun("w")
		b.tick()
		b.must(b.st.Define(b.ctx, b.now, func() *taskflow.Definitions {
			tf := taskflow.New()
			tf.AddTasks(&taskflow.Task{Name: "alone", Executor: noop})
			defs, err := tf.Definitions()
			b.must(err)
			return defs
		}(), false))
		add := func(name string, run int64) error {
			_, err := b.st.EnqueueTask(b.ctx, b.now, store.Request{Name: name, WorkflowInstanceID: run})
			return err
		}
		equal(b, "a second instance is refused", add("a", run) != nil, true)
		equal(b, "a task of no part in it is refused", add("alone", run) != nil, true)
		equal(b, "a run that has not started is refused", add("z", b.queueRun("w")) != nil, true)
		b.must(add("z", run))
		equal(b, "a run that is not there", errors.Is(add("a", run+100), taskflow.ErrNotFound), true)
		b.must(b.st.CancelRun(b.ctx, b.now, run, "test"))
		equal(b, "a run that has ended is refused", add("z", run) != nil, true)
	},
}

var claimTests = map[string]func(*bench){
	"the order is priority, then time, then id": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Concurrency: taskflow.Unlimited}, &taskflow.Task{Name: "b", Concurrency: taskflow.Unlimited})
		at := func(p taskflow.Priority, ago time.Duration) func(*store.Request) {
			return func(r *store.Request) { r.Priority, r.RunAt = p, b.now.Add(-ago) }
		}
		low := b.queue("a", at(taskflow.Low, time.Hour))
		normal2 := b.queue("b", at(taskflow.Normal, time.Minute))
		normal1 := b.queue("a", at(taskflow.Normal, time.Hour))
		critical := b.queue("b", at(taskflow.Critical, 0))
		high := b.queue("a", at(taskflow.High, 0))
		high2 := b.queue("b", at(taskflow.High, 0))
		want := []int64{critical, high, high2, normal1, normal2, low}
		if got := ids(b.claim(10)); !slices.Equal(got, want) {
			b.Errorf("got %v, want %v", got, want)
		}
	},
	"nothing starts before its time, and the next time is told": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a"})
		b.queue("a", func(r *store.Request) { r.RunAt = b.now.Add(time.Minute) })
		claimed, err := b.st.Claim(b.ctx, b.now, store.ClaimRequest{WorkerID: "w", Slots: 1, Tasks: store.NamesOf("a")})
		b.must(err)
		equal(b, "claimed", len(claimed.Instances), 0)
		equal(b, "next", claimed.Next, b.now.Add(time.Minute))
		b.after(time.Minute)
		equal(b, "claimed at its time", len(b.claim(1)), 1)
	},
	"a task never exceeds its concurrency": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "one"}, &taskflow.Task{Name: "two", Concurrency: 2})
		for range 5 {
			b.queue("one")
			b.queue("two")
		}
		got := b.claim(10)
		slices.SortFunc(got, func(x, y store.Attempt) int { return int(x.ID - y.ID) })
		if want := []string{"one", "two", "two"}; !slices.Equal(names(got), want) {
			b.Fatalf("got %v, want %v", names(got), want)
		}
		equal(b, "claimed while at the limit", len(b.claim(10)), 0)
		b.succeed(got[0])
		equal(b, "claimed after one has ended", len(b.claim(10)), 1)
	},
	"a task at its limit does not block others": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a"}, &taskflow.Task{Name: "b"})
		for range 500 {
			b.queue("a", func(r *store.Request) { r.Priority = taskflow.Critical })
		}
		b.queue("b", func(r *store.Request) { r.Priority = taskflow.Low })
		if got := names(b.claim(3)); !slices.Equal(got, []string{"a", "b"}) {
			b.Errorf("got %v", got)
		}
	},
	"a worker gets only tasks that it can run, and no more than it has slots": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Concurrency: taskflow.Unlimited}, &taskflow.Task{Name: "b"})
		b.queue("b")
		for range 5 {
			b.queue("a")
		}
		got := b.claimAs(store.ClaimRequest{WorkerID: "w", Slots: 3, Tasks: store.NamesOf("a")})
		if !slices.Equal(names(got), []string{"a", "a", "a"}) {
			b.Errorf("got %v", names(got))
		}
	},
	"many at once never get the same instance, nor one over a limit": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Concurrency: 7})
		for range 40 {
			b.queue("a")
		}
		got := make(chan int, 8)
		for range cap(got) {
			go func() {
				claimed, err := b.st.Claim(b.ctx, b.now, store.ClaimRequest{WorkerID: "w", Slots: 5, Tasks: store.NamesOf("a")})
				if err != nil {
					b.Error(err)
				}
				got <- len(claimed.Instances)
			}()
		}
		sum := 0
		for range cap(got) {
			sum += <-got
		}
		equal(b, "claimed in all", sum, 7)
	},
	"one instance can be asked for": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a", Concurrency: 5})
		b.queue("a")
		id := b.queue("a")
		got := b.claimAs(store.ClaimRequest{WorkerID: "w", Slots: 1, ID: id})
		if !slices.Equal(ids(got), []int64{id}) {
			b.Errorf("got %v", ids(got))
		}
	},
	"a retired definition is not run": func(b *bench) {
		b.tasks(&taskflow.Task{Name: "a"}, &taskflow.Task{Name: "b"})
		b.queue("a")
		b.tasks(&taskflow.Task{Name: "b"})
		equal(b, "claimed", len(b.claimAs(store.ClaimRequest{WorkerID: "w", Slots: 5, Tasks: store.NamesOf("a", "b")})), 0)
		b.tasks(&taskflow.Task{Name: "a"}, &taskflow.Task{Name: "b"})
		equal(b, "claimed once it is back", len(b.claim(5)), 1)
	},
}
