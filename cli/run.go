package cli

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/scheduler"
	"github.com/taskflow-run/taskflow/internal/store"
)

func (a *app) run() *cobra.Command {
	var request requestFlags
	var flags workerFlags
	cmd := &cobra.Command{
		Use:   "run NAME",
		Short: "Run a workflow or task now, here, and watch it",
		Long: `Queue a workflow or task and work it off in this process, with its progress on
the terminal. The exit status is 0 only if it succeeded; what a failed task wrote
last is printed at the end. Ctrl-C cancels the run.

If earlier runs of the workflow are unfinished and its concurrency has no room,
they are worked off first.`,
		Example: "  taskflow run weather --taskflow examples/weather",
		Args:    args(1, 1, "the name of a workflow or task"),
		RunE: func(cmd *cobra.Command, given []string) error {
			r, err := request.request(given[0])
			if err != nil {
				return err
			}
			return a.loops(cmd.Context(), false, func(l loopContext) error {
				l.log = slog.New(slog.DiscardHandler) // progress tells it
				return a.runHere(l, flags, r)
			})
		},
	}
	request.add(cmd)
	flags.add(cmd)
	return cmd
}

// runHere queues an instance and works until it has ended.
func (a *app) runHere(l loopContext, flags workerFlags, r store.Request) error {
	target := &target{st: l.store, name: r.Name, kind: store.TaskKind}
	var names []string
	if w := l.defs.Workflow(r.Name); w != nil {
		target.kind = store.WorkflowKind
		for _, t := range w.Tasks {
			names = append(names, t.Name)
		}
		target.tasks = len(names)
	} else if l.defs.Task(r.Name) != nil {
		names, target.tasks = []string{r.Name}, 1
	} else {
		return badUsage("no workflow or task %q is defined%s", r.Name, suggest(l.defs))
	}
	for _, name := range names {
		if to := l.defs.Task(name).PushDestination; to != "" {
			return badUsage("task %q runs at push destination %q, not here; queue it, and serve will push it", name, to)
		}
	}
	if err := checkParams(l.defs, target.kind, r); err != nil {
		return err
	}
	w, err := a.worker(flags, l.store, l.defs, names, l.hurry, l.log)
	if err != nil {
		return err
	}
	started := a.now()
	if target.id, err = a.enqueue(l.ctx, l.store, l.defs, target.kind, r); err != nil {
		return err
	}

	// The loops outlive an interrupt: they see the cancelled run to its end.
	// Then what they hold of earlier runs may end too, but not after one.
	loops, stop := context.WithCancel(context.WithoutCancel(l.ctx))
	defer stop()
	hurry := make(chan struct{})
	w.Drain, w.Hurry = 24*time.Hour, hurry
	switch {
	case target.kind == store.TaskKind:
		w.Instance = target.id
	case l.defs.Workflow(r.Name).Concurrency == taskflow.Unlimited:
		w.FirstRun, w.LastRun = target.id, target.id
	default: // earlier runs may have to make room
		w.LastRun = target.id
	}
	group, ctx := errgroup.WithContext(loops)
	group.Go(func() error { return w.Run(ctx) })
	s := &scheduler.Scheduler{Store: l.store, Defs: l.defs, Holder: w.ID, Now: a.now, Log: l.log, Workflow: r.Name, LostAfter: flags.lostAfter}
	group.Go(func() error { return s.Run(ctx) })
	var end ending
	group.Go(func() (err error) {
		defer stop()
		end, err = a.watch(ctx, l, target, started)
		if end.interrupted || err != nil {
			close(hurry)
		}
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if !end.status.Terminal() { // a second interrupt: what it cut off is still to be noted
		if end, err = a.settle(l, target); err != nil {
			return err
		}
	}
	return a.conclude(target, end, a.now().Sub(started))
}

// settle notes the end of what a second interrupt cut off.
func (a *app) settle(l loopContext, t *target) (ending, error) {
	ctx := context.WithoutCancel(l.ctx)
	if _, err := l.store.Advance(ctx, a.now(), store.Term{}, t.name); err != nil {
		return ending{}, err
	}
	end, err := t.state(ctx, true)
	end.interrupted = true
	return end, err
}

// target is what `run` runs.
type target struct {
	st    store.Store
	kind  store.Kind
	name  string
	id    int64
	tasks int // how many it has
}

// ending is how a target ended.
type ending struct {
	status      taskflow.Status
	reason      string
	instances   []*taskflow.TaskInstance
	interrupted bool
}

// state reads how the target is doing; instances are read only if asked for.
func (t *target) state(ctx context.Context, instances bool) (e ending, err error) {
	if t.kind == store.TaskKind {
		ti, err := t.st.TaskInstance(ctx, t.id)
		if err != nil {
			return e, err
		}
		return ending{status: ti.Status, reason: ti.Reason, instances: []*taskflow.TaskInstance{ti}}, nil
	}
	run, err := t.st.WorkflowInstance(ctx, t.id)
	if err != nil {
		return e, err
	}
	e = ending{status: run.Status, reason: run.Reason}
	if instances || e.status.Terminal() {
		e.instances, err = t.st.RunTasks(ctx, t.id)
	}
	return e, err
}

func (t *target) cancel(ctx context.Context, now time.Time) error {
	if t.kind == store.TaskKind {
		return t.st.CancelTask(ctx, now, t.id, "interrupted at the terminal")
	}
	return t.st.CancelRun(ctx, now, t.id, "interrupted at the terminal")
}

// watch shows the progress of the target until it has ended. An interrupt
// cancels it, a second one no longer waits for it.
func (a *app) watch(ctx context.Context, l loopContext, t *target, started time.Time) (ending, error) {
	view := newProgress(a, t, started)
	interrupted, interrupt := false, l.ctx.Done()
	frame := time.NewTicker(view.interval())
	defer frame.Stop()
	draw := true
	for {
		changed := l.store.Ended()
		end, err := t.state(ctx, draw)
		if err != nil {
			return end, err
		}
		end.interrupted = interrupted
		if draw || end.status.Terminal() {
			view.draw(ctx, end)
			draw = false
		}
		if end.status.Terminal() {
			view.finish()
			return end, nil
		}
		select {
		case <-ctx.Done():
			view.finish()
			return end, nil
		case <-changed:
		case <-frame.C:
			draw = true
		case <-interrupt:
			interrupted, interrupt = true, nil
			if err := t.cancel(ctx, a.now()); err != nil {
				return end, err
			}
		case <-l.hurry:
			view.finish()
			return end, nil
		}
	}
}

// conclude prints the end, with what failed tasks wrote last, and returns the
// exit status as an error.
func (a *app) conclude(t *target, end ending, took time.Duration) error {
	ctx := context.Background()
	if a.json {
		if err := a.print(map[string]any{
			"kind": t.kind, "name": t.name, "id": t.id, "status": end.status, "reason": end.reason,
			"seconds": took.Seconds(), "task_instances": end.instances,
		}); err != nil {
			return err
		}
	} else {
		for _, ti := range end.instances {
			if ti.Status != taskflow.Failed {
				continue
			}
			fmt.Fprintf(a.out, "\n%s failed: %s\n", ti.TaskName, printable(ti.Reason))
			lines, err := t.st.LogTail(ctx, ti.ID, 20)
			if err != nil {
				return err
			}
			for _, line := range lines {
				fmt.Fprintf(a.out, "  %s\n", printable(line.Text))
			}
			fmt.Fprintf(a.out, "  the whole log: taskflow logs %d%s\n", ti.ID, a.databaseFlag())
		}
		fmt.Fprintf(a.out, "%s: %s in %s (%s instance %d, %s)\n", t.name, end.status, short(took), t.kind, t.id,
			count(len(end.instances), "task"))
	}
	switch {
	case end.interrupted:
		return exitError{exitInterrupted, nil}
	case end.status != taskflow.Success:
		return exitError{exitFailed, nil}
	}
	return nil
}

// databaseFlag repeats the database for commands that are suggested.
func (a *app) databaseFlag() string {
	if a.database == "" {
		return ""
	}
	return " --database-url " + a.database
}

// suggest lists what could be run.
func suggest(defs *taskflow.Definitions) string {
	const most = 10
	var names []string
	for _, w := range defs.Workflows {
		names = append(names, w.Name)
	}
	for _, t := range defs.Tasks {
		if t.Workflow() == "" {
			names = append(names, t.Name)
		}
	}
	if len(names) > most {
		names = append(names[:most], "…")
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("; there are: %s", strings.Join(names, ", "))
}
