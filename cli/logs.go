package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// logPage is how many lines are read at a time.
const logPage = 1000

// logPause is how long at most new lines go unnoticed: they raise no signal.
const logPause = 500 * time.Millisecond

func (a *app) logs() *cobra.Command {
	var follow bool
	var tail int
	var run int64
	cmd := &cobra.Command{
		Use:   "logs [ID]",
		Short: "Print the log of a task instance, or of all in a workflow run",
		Long: `Print what a task instance wrote, all its attempts in order; or, with
--workflow-instance-id, what all tasks of a run wrote, task by task.`,
		Example: "  taskflow logs 12 --follow\n  taskflow logs --workflow-instance-id 3",
		Args:    args(0, 1, ""),
		RunE: func(cmd *cobra.Command, given []string) error {
			if (len(given) == 1) == (run != 0) {
				return badUsage("logs needs the id of a task instance, or --workflow-instance-id; see: taskflow logs --help")
			}
			st, err := a.open(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer st.Close()
			ctx, _, release := stoppable(cmd.Context())
			defer release()
			p := &logPrinter{app: a, st: st, follow: follow, tail: tail}
			if run == 0 {
				id, err := parseID(given[0])
				if err != nil {
					return err
				}
				ti, err := st.TaskInstance(ctx, id)
				if err != nil {
					return err
				}
				return p.print(ctx, ti)
			}
			p.prefix = true
			return p.printRun(ctx, run)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the instance has ended")
	cmd.Flags().IntVar(&tail, "tail", 0, "only the last so many lines of the latest attempt")
	cmd.Flags().Int64Var(&run, "workflow-instance-id", 0, "all tasks of this run")
	return cmd
}

// logPrinter prints logs, as text or as one JSON object a line.
type logPrinter struct {
	*app
	st     store.Store
	follow bool
	tail   int
	prefix bool // with the task's name before each line
}

// printRun prints the logs of a run's tasks, in the order they were queued.
func (p *logPrinter) printRun(ctx context.Context, run int64) error {
	for printed := 0; ; {
		changed := p.st.Ended()
		wi, err := p.st.WorkflowInstance(ctx, run)
		if err != nil {
			return err
		}
		tasks, err := p.st.RunTasks(ctx, run)
		if err != nil {
			return err
		}
		for _, ti := range tasks[printed:] {
			if err := p.print(ctx, ti); err != nil {
				return err
			}
		}
		printed = len(tasks)
		if !p.follow || wi.Status.Terminal() {
			return nil
		}
		if !store.Wait(ctx, changed, logPause) {
			return exitError{exitInterrupted, nil}
		}
	}
}

// print prints the log of one instance.
func (p *logPrinter) print(ctx context.Context, ti *taskflow.TaskInstance) error {
	var after store.LogPosition
	if p.tail > 0 {
		lines, err := p.st.LogTail(ctx, ti.ID, p.tail)
		if err != nil || len(lines) == 0 && !p.follow {
			return err
		}
		if err := p.lines(ti, lines, &after); err != nil || !p.follow {
			return err
		}
	}
	for {
		changed := p.st.Ended()
		// Whether it has ended is asked before its lines are read, so that
		// none is missed.
		now, err := p.st.TaskInstance(ctx, ti.ID)
		if err != nil {
			return err
		}
		for {
			lines, err := p.st.Log(ctx, ti.ID, after, logPage)
			if err != nil {
				return err
			}
			if err := p.lines(ti, lines, &after); err != nil {
				return err
			}
			if len(lines) < logPage {
				break
			}
		}
		if !p.follow || now.Status.Terminal() {
			return nil
		}
		if !store.Wait(ctx, changed, logPause) {
			return exitError{exitInterrupted, nil}
		}
	}
}

func (p *logPrinter) lines(ti *taskflow.TaskInstance, lines []store.LogLine, after *store.LogPosition) error {
	for _, l := range lines {
		*after = l.Position
		if p.json {
			if err := p.printLine(struct {
				ID   int64  `json:"task_instance_id"`
				Task string `json:"task_name"`
				store.LogLine
			}{ti.ID, ti.TaskName, l}); err != nil {
				return err
			}
			continue
		}
		name := ""
		if p.prefix {
			name = ti.TaskName + " | "
		}
		if _, err := fmt.Fprintf(p.out, "%s%s\n", name, l.Text); err != nil {
			return err
		}
	}
	return nil
}
