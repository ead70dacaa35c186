package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// EnqueueTask queues a task; see [store.Queue].
func (s *Store) EnqueueTask(ctx context.Context, now time.Time, r store.Request) (id int64, err error) {
	err = s.tx(ctx, func(t tx) error {
		id, err = s.insert(t, store.TaskKind, now, r, false)
		return err
	})
	if err == nil {
		s.queued.raise()
	}
	return id, err
}

// EnqueueRun queues a workflow; see [store.Queue].
func (s *Store) EnqueueRun(ctx context.Context, now time.Time, r store.Request) (id int64, err error) {
	err = s.tx(ctx, func(t tx) error {
		id, err = s.insert(t, store.WorkflowKind, now, r, false)
		return err
	})
	if err == nil {
		s.ended.raise() // a run is the scheduler's to start
	}
	return id, err
}

// The unfinished instance that holds a unique key.
var findUnique = map[store.Kind]string{
	store.TaskKind: `
		SELECT id FROM task_instances
		WHERE task_name = ? AND "unique" = ? AND status IN ('queued', 'pushed', 'running', 'retry')`,
	store.WorkflowKind: `
		SELECT id FROM workflow_instances
		WHERE workflow_name = ? AND "unique" = ? AND status IN ('queued', 'running')`,
}

// Queues an instance with what the request names and the definition's values
// for the rest. Changes nothing if the name is not defined.
var insertInstance = map[store.Kind]string{
	store.TaskKind: `
		INSERT INTO task_instances (
			task_name, run_at, priority, "unique", params, scheduled, created_at, updated_at,
			workflow_instance_id, push, max_attempts, timeout, retry_delay)
		SELECT name, ?2, COALESCE(?3, default_priority, 'normal'), ?4, ?5, ?6, ?7, ?7,
		       ?8, push_destination IS NOT NULL, retries + 1, timeout, retry_delay
		FROM tasks
		WHERE name = ?1
		RETURNING id`,
	store.WorkflowKind: `
		INSERT INTO workflow_instances (
			workflow_name, run_at, priority, "unique", params, scheduled, created_at, updated_at)
		SELECT name, ?2, COALESCE(?3, default_priority), ?4, ?5, ?6, ?7, ?7
		FROM workflows
		WHERE name = ?1 AND ?8 IS NULL
		RETURNING id`,
}

// insert queues an instance: – → queued. Guard: no unfinished instance has
// the same unique key (the unique index would refuse it too; asking first
// tells which it is). Semantics §2.
func (s *Store) insert(t tx, kind store.Kind, now time.Time, r store.Request, scheduled bool) (id int64, err error) {
	if r.Unique != "" {
		found, err := t.one(findUnique[kind], []any{r.Name, r.Unique}, &id)
		if err != nil {
			return 0, err
		}
		if found {
			return 0, &taskflow.DuplicateError{Kind: string(kind), Name: r.Name, Unique: r.Unique, ID: id}
		}
	}
	if r.WorkflowInstanceID != 0 {
		if err := s.checkPlace(t, r); err != nil {
			return 0, err
		}
	}
	params, err := object(r.Params)
	if err != nil {
		return 0, err
	}
	runAt := r.RunAt
	if runAt.IsZero() {
		runAt = now
	}
	defined, err := t.one(insertInstance[kind], []any{
		r.Name, text(runAt), word(r.Priority), word(r.Unique), params, scheduled, text(now),
		number(r.WorkflowInstanceID),
	}, &id)
	if err == nil && !defined {
		err = &taskflow.UnknownError{Kind: string(kind), Name: r.Name}
	}
	return id, err
}

// checkPlace makes sure that a task can be added to a run: it is part of the
// run's graph and has no instance in it yet.
func (s *Store) checkPlace(t tx, r store.Request) error {
	var status taskflow.Status
	var graphID int64
	var taken bool
	found, err := t.one(`
		SELECT status, graph_id, EXISTS (
			SELECT 1 FROM task_instances WHERE workflow_instance_id = w.id AND task_name = ?2)
		FROM workflow_instances AS w WHERE id = ?1`,
		[]any{r.WorkflowInstanceID, r.Name}, &status, numberInto{&graphID}, &taken)
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("workflow instance %d: %w", r.WorkflowInstanceID, taskflow.ErrNotFound)
	case status != taskflow.Running:
		return fmt.Errorf("workflow instance %d is %s; only to a running one can a task be added", r.WorkflowInstanceID, status)
	case taken:
		return fmt.Errorf("workflow instance %d has an instance of task %q already", r.WorkflowInstanceID, r.Name)
	}
	g, err := s.graph(t, graphID)
	if err == nil && g.Task(r.Name) == nil {
		err = fmt.Errorf("task %q is not part of the workflow of instance %d", r.Name, r.WorkflowInstanceID)
	}
	return err
}

// event records something out of the ordinary.
func (t tx) event(now time.Time, run, task int64, event, message string) error {
	_, err := t.exec(`
		INSERT INTO taskflow_events (workflow_instance, task_instance, timestamp, event, message)
		VALUES (?, ?, ?, ?, ?)`, number(run), number(task), text(now), event, word(message))
	return err
}
