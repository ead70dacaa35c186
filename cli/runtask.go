package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/taskflow-run/taskflow"
)

func (a *app) runTask() *cobra.Command {
	var flags workerFlags
	cmd := &cobra.Command{
		Use:   "run_task ID",
		Short: "Run one queued task instance, here",
		Long: `Run one queued task instance, here, and record how it ended. The exit status is
0 if it succeeded. This is what a container started for a task calls.`,
		Example: "  taskflow run_task 12 --taskflow examples/weather",
		Args:    args(1, 1, "the id of a task instance"),
		RunE: func(cmd *cobra.Command, given []string) error {
			id, err := parseID(given[0])
			if err != nil {
				return err
			}
			return a.loops(cmd.Context(), false, func(l loopContext) error {
				ti, err := l.store.TaskInstance(l.ctx, id)
				if err != nil {
					return err
				}
				w, err := a.worker(flags, l.store, l.defs, nil, l.hurry, l.log)
				if err != nil {
					return err
				}
				if l.defs.Task(ti.TaskName) == nil {
					return &taskflow.UnknownError{Kind: "task", Name: ti.TaskName}
				}
				w.Slots, w.Rounds, w.Instance = 1, 1, id
				claims := ti.Attempts
				if err := w.Run(l.ctx); err != nil {
					return err
				}
				if ti, err = l.store.TaskInstance(l.ctx, id); err != nil {
					return err
				}
				if a.json {
					if err := a.print(ti); err != nil {
						return err
					}
				}
				switch {
				case ti.Attempts == claims:
					return fmt.Errorf("task instance %d was not run: it is %s, due %s%s", id, ti.Status,
						ti.RunAt.Format("2006-01-02 15:04:05Z"), hint(ti))
				case ti.Status != taskflow.Success:
					return fmt.Errorf("task instance %d: %s: %s", id, ti.Status, ti.Reason)
				}
				return nil
			})
		},
	}
	flags.add(cmd)
	flags.addDrain(cmd)
	cmd.Flags().Lookup("slots").Hidden = true
	return cmd
}

// hint says what keeps an instance that was not claimed.
func hint(ti *taskflow.TaskInstance) string {
	if ti.Status == taskflow.Queued || ti.Status == taskflow.Retry {
		return "; its task may be at its concurrency limit"
	}
	return ""
}

func parseID(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id < 1 {
		return 0, badUsage("%q is not the id of an instance, which is a number such as 12", s)
	}
	return id, nil
}
