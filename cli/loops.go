package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/bash"
	"github.com/taskflow-run/taskflow/internal/pusher"
	"github.com/taskflow-run/taskflow/internal/scheduler"
	"github.com/taskflow-run/taskflow/internal/store"
	"github.com/taskflow-run/taskflow/internal/store/sqlite"
	"github.com/taskflow-run/taskflow/internal/worker"
)

// stoppable returns a context that the first signal to stop ends, and a channel
// that the second one closes. A terminal that is closed is such a signal, and
// so is a pipe that nobody reads any more.
func stoppable(ctx context.Context) (context.Context, <-chan struct{}, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	hurry := make(chan struct{})
	done := make(chan struct{})
	go func() {
		for asked := 0; ; {
			select {
			case <-done:
				return
			case s := <-signals:
				cancel()
				if s != syscall.SIGPIPE { // comes with every further line
					asked++
				}
				if asked == 2 {
					close(hurry)
				}
			}
		}
	}()
	return ctx, hurry, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// logger writes text for people at a terminal, JSON elsewhere.
func logger(w io.Writer) *slog.Logger {
	if isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, nil))
	}
	return slog.New(slog.NewJSONHandler(w, nil))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// workerFlags are what the commands with a worker have in common.
type workerFlags struct {
	id        string
	slots     int
	drain     time.Duration
	lostAfter time.Duration
}

func (f *workerFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.id, "worker-id", "", "name of the worker, to which a random part is added (default: host and process id)")
	cmd.Flags().IntVar(&f.slots, "slots", max(8, 4*runtime.NumCPU()), "how many tasks may run at once")
	addLostAfter(cmd, &f.lostAfter)
}

func (f *workerFlags) addDrain(cmd *cobra.Command) {
	durationFlag(cmd, &f.drain, "drain", 30*time.Second, "how long running tasks may go on after SIGTERM")
}

func addLostAfter(cmd *cobra.Command, d *time.Duration) {
	durationFlag(cmd, d, "lost-after", 30*time.Second, "how long a worker may be silent before its tasks count as lost; the same for all processes")
}

// worker returns a worker for the tasks of that names, or all if there are none.
func (a *app) worker(f workerFlags, st store.Store, defs *taskflow.Definitions, names []string, hurry <-chan struct{}, log *slog.Logger) (*worker.Worker, error) {
	if f.slots < 1 {
		return nil, badUsage("--slots %d: a worker needs at least 1", f.slots)
	}
	for _, name := range names {
		if defs.Task(name) == nil {
			return nil, badUsage("--task-names: %w", &taskflow.UnknownError{Kind: "task", Name: name})
		}
	}
	if len(names) == 0 {
		for _, t := range defs.Tasks {
			names = append(names, t.Name)
		}
	}
	return &worker.Worker{
		Store: st, Defs: defs, ID: processName(f.id), Slots: f.slots, Tasks: names, Drain: f.drain, Hurry: hurry, LostAfter: f.lostAfter,
		Command: func(t *taskflow.Task) taskflow.Executor { return bash.Command{Task: t} },
		Now:     a.now, Log: log,
	}, nil
}

// processName names this process among all that share a database. The random
// part keeps one that was started again from passing for the one before it,
// whose work must be given back.
func processName(name string) string {
	if name == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "unknown"
		}
		name = fmt.Sprintf("%s-%d", host, os.Getpid())
	}
	return name + "-" + strings.ToLower(rand.Text()[:6])
}

// pusher returns the loop that runs beside a scheduler.
func (a *app) pusher(l loopContext, s *scheduler.Scheduler) *pusher.Pusher {
	return &pusher.Pusher{Store: l.store, Defs: l.defs, Term: s.Term, Now: a.now, Log: l.log}
}

func (a *app) serve() *cobra.Command {
	var flags workerFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run everything on its schedule: scheduler, pusher and worker in one process",
		Long: `Run everything on its schedule: scheduler, pusher and worker in one process.
SIGTERM or Ctrl-C lets running tasks finish for --drain; a second one hurries.
What is cut off runs again later.`,
		Example: "  taskflow serve --taskflow examples/weather --slots 4",
		Args:    args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.loops(cmd.Context(), false, func(l loopContext) error {
				w, err := a.worker(flags, l.store, l.defs, nil, l.hurry, l.log)
				if err != nil {
					return err
				}
				s := &scheduler.Scheduler{Store: l.store, Defs: l.defs, Holder: w.ID, Now: a.now, Log: l.log, LostAfter: flags.lostAfter}
				if err := l.store.Define(l.ctx, a.now(), l.defs, true); err != nil {
					return err
				}
				l.log.Info("serving", "database", l.store.Describe(), "workflows", len(l.defs.Workflows),
					"tasks", len(l.defs.Tasks), "slots", w.Slots, "worker", w.ID)
				group, ctx := errgroup.WithContext(l.ctx)
				group.Go(func() error { return s.Run(ctx) })
				group.Go(func() error { return w.Run(ctx) })
				group.Go(func() error { return a.pusher(l, s).Run(ctx) })
				return group.Wait()
			})
		},
	}
	flags.add(cmd)
	flags.addDrain(cmd)
	return cmd
}

// loopContext is what a loop's command works with.
type loopContext struct {
	ctx   context.Context
	hurry <-chan struct{}
	store *sqlite.Store
	defs  *taskflow.Definitions
	log   *slog.Logger
}

// loops sets up what every loop needs, and takes it down again.
func (a *app) loops(ctx context.Context, dryRun bool, run func(loopContext) error) error {
	defs, err := a.defineSome()
	if err != nil {
		return err
	}
	if dryRun {
		release, err := a.rehearseWithout()
		if err != nil {
			return err
		}
		defer release()
	}
	st, err := a.open(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	ctx, hurry, release := stoppable(ctx)
	defer release()
	return run(loopContext{ctx, hurry, st, defs, logger(a.err)})
}

func (a *app) scheduler() *cobra.Command {
	var ticks int
	var sleep, lostAfter time.Duration
	var dryRun bool
	var nowOverride string
	cmd := &cobra.Command{
		Use:   "scheduler",
		Short: "Run the scheduler and the pusher alone",
		Long: `Run the scheduler alone: it plans schedules, starts workflow runs and moves them
along, and hands tasks to push destinations. Tasks are run by pull_worker. Any number may run; one of them leads.`,
		Example: "  taskflow scheduler -n 1 --dry-run --taskflow examples/weather",
		Args:    args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if nowOverride != "" {
				at, err := parseTime("now-override", nowOverride)
				if err != nil {
					return err
				}
				start := time.Now()
				a.now = func() time.Time { return at.Add(time.Since(start)) }
			}
			return a.loops(cmd.Context(), dryRun, func(l loopContext) error {
				s := &scheduler.Scheduler{
					Store: l.store, Defs: l.defs, Holder: processName(""), Now: a.now, Log: l.log,
					Ticks: ticks, Poll: sleep, LostAfter: lostAfter,
				}
				if dryRun {
					return a.rehearse(l, s)
				}
				if err := l.store.Define(l.ctx, a.now(), l.defs, true); err != nil {
					return err
				}
				group, ctx := errgroup.WithContext(l.ctx)
				ctx, stop := context.WithCancel(ctx)
				group.Go(func() error { defer stop(); return s.Run(ctx) })
				group.Go(func() error { return a.pusher(l, s).Run(ctx) })
				return group.Wait()
			})
		},
	}
	cmd.Flags().IntVarP(&ticks, "num-runs", "n", 0, "stop after so many rounds as the leader (default: never)")
	durationFlag(cmd, &sleep, "sleep", 5*time.Second, "longest pause between rounds when nothing changes")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what one round would do, without doing it")
	addLostAfter(cmd, &lostAfter)
	cmd.Flags().StringVar(&nowOverride, "now-override", "", "act as if it were this time now")
	return cmd
}

func (a *app) pullWorker() *cobra.Command {
	var flags workerFlags
	var rounds int
	var sleep time.Duration
	var dryRun bool
	var names []string
	cmd := &cobra.Command{
		Use:   "pull_worker",
		Short: "Run a worker alone",
		Long: `Run a worker alone: it takes due tasks off the queue and runs them. SIGTERM or
Ctrl-C lets running tasks finish for --drain; a second one hurries.`,
		Example: "  taskflow pull_worker -n 1 --slots 4 --taskflow examples/weather",
		Args:    args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.loops(cmd.Context(), dryRun, func(l loopContext) error {
				w, err := a.worker(flags, l.store, l.defs, names, l.hurry, l.log)
				if err != nil {
					return err
				}
				if dryRun {
					return a.rehearseClaim(l, w)
				}
				w.Rounds, w.Poll = rounds, sleep
				if err := l.store.Define(l.ctx, a.now(), l.defs, false); err != nil {
					return err
				}
				return w.Run(l.ctx)
			})
		},
	}
	flags.add(cmd)
	flags.addDrain(cmd)
	cmd.Flags().IntVarP(&rounds, "num-runs", "n", 0, "stop after so many claims have been worked off (default: never)")
	durationFlag(cmd, &sleep, "sleep", 5*time.Second, "longest pause between claims when nothing changes")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be claimed now, without claiming it")
	cmd.Flags().StringSliceVar(&names, "task-names", nil, "run only these tasks (default: all that are defined)")
	return cmd
}
