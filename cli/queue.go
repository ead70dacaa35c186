package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// requestFlags are what queue_task, queue_workflow and run have in common.
type requestFlags struct {
	runAt, priority, params, unique string
}

func (f *requestFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.priority, "priority", "", "critical, high, normal or low (default: the definition's)")
	cmd.Flags().StringVar(&f.params, "params", "", "params as a JSON object, laid over the definition's")
	cmd.Flags().StringVar(&f.unique, "unique", "", "refuse if an unfinished instance has the same key")
}

func (f *requestFlags) addRunAt(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.runAt, "run-at", "", "not before this time, such as 2026-03-07T06:00:00Z (default: now)")
}

func (f *requestFlags) request(name string) (r store.Request, err error) {
	r = store.Request{Name: name, Unique: f.unique}
	if f.runAt != "" {
		if r.RunAt, err = parseTime("run-at", f.runAt); err != nil {
			return r, err
		}
	}
	if r.Priority, err = parsePriority(f.priority); err != nil {
		return r, err
	}
	r.Params, err = parseParams(f.params)
	return r, err
}

func (a *app) queueTask() *cobra.Command {
	var flags requestFlags
	var run int64
	cmd := &cobra.Command{
		Use:     "queue_task NAME",
		Short:   "Queue an instance of a task",
		Long:    "Queue an instance of a task. A running serve or pull_worker takes it from there.",
		Example: `  taskflow queue_task vacuum_events --params '{"table_name": "events"}' --priority high`,
		Args:    args(1, 1, "the name of a task"),
		RunE: func(cmd *cobra.Command, given []string) error {
			r, err := flags.request(given[0])
			if err != nil {
				return err
			}
			r.WorkflowInstanceID = run
			return a.queue(cmd.Context(), store.TaskKind, r)
		},
	}
	flags.add(cmd)
	flags.addRunAt(cmd)
	cmd.Flags().Int64Var(&run, "workflow-instance-id", 0, "make it part of this run of its workflow")
	return cmd
}

func (a *app) queueWorkflow() *cobra.Command {
	var flags requestFlags
	cmd := &cobra.Command{
		Use:     "queue_workflow NAME",
		Short:   "Queue a run of a workflow",
		Long:    "Queue a run of a workflow. A running serve, or scheduler and pull_worker, take it from there.",
		Example: `  taskflow queue_workflow weather --taskflow examples/weather --run-at 2030-01-01T06:00:00Z`,
		Args:    args(1, 1, "the name of a workflow"),
		RunE: func(cmd *cobra.Command, given []string) error {
			r, err := flags.request(given[0])
			if err != nil {
				return err
			}
			return a.queue(cmd.Context(), store.WorkflowKind, r)
		},
	}
	flags.add(cmd)
	flags.addRunAt(cmd)
	return cmd
}

func (a *app) queue(ctx context.Context, kind store.Kind, r store.Request) error {
	defs, err := a.define()
	if err != nil {
		return err
	}
	if err := checkParams(defs, kind, r); err != nil {
		return err
	}
	st, err := a.open(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	id, err := a.enqueue(ctx, st, defs, kind, r)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(map[string]any{"kind": kind, "name": r.Name, "id": id})
	}
	fmt.Fprintf(a.out, "queued %s instance %d of %s\n", kind, id, r.Name)
	return nil
}

// enqueue writes the definition, if it is at hand, and queues an instance. A
// name that is only in the database will do.
func (a *app) enqueue(ctx context.Context, st store.Store, defs *taskflow.Definitions, kind store.Kind, r store.Request) (int64, error) {
	only, add := defs.Only("", r.Name), st.EnqueueTask
	if kind == store.WorkflowKind {
		only, add = defs.Only(r.Name, ""), st.EnqueueRun
	} else if t := defs.Task(r.Name); t != nil && t.Workflow() != "" {
		only = defs.Only(t.Workflow(), "")
	}
	if len(only.Tasks) > 0 {
		if err := st.Define(ctx, a.now(), only, false); err != nil {
			return 0, err
		}
	}
	return add(ctx, a.now(), r)
}

// checkParams holds the params of a request against the schemas of the tasks
// that will get them.
func checkParams(defs *taskflow.Definitions, kind store.Kind, r store.Request) error {
	var tasks []*taskflow.Task
	if kind == store.WorkflowKind {
		if w := defs.Workflow(r.Name); w != nil {
			tasks = w.Tasks
		}
	} else if t := defs.Task(r.Name); t != nil {
		tasks = append(tasks, t)
	}
	for _, t := range tasks {
		if err := t.CheckParams(r.Params); err != nil {
			return usageError{err}
		}
	}
	return nil
}
