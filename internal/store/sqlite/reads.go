package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// taskColumns are the columns of task_instances that taskFields takes.
const taskColumns = `
	id, task_name, workflow_instance_id, scheduled, run_at, started_at, ended_at, status, priority,
	"unique", locked_at, worker_id, params, attempts, COALESCE(max_attempts, 1), COALESCE(timeout, 300),
	COALESCE(retry_delay, 300), retry_at, result, reason, push_state`

func taskFields(ti *taskflow.TaskInstance) []any {
	return []any{
		&ti.ID, &ti.TaskName, numberInto{&ti.WorkflowInstanceID}, &ti.Scheduled, timeInto{&ti.RunAt},
		timeInto{&ti.StartedAt}, timeInto{&ti.EndedAt}, &ti.Status, &ti.Priority,
		into(&ti.Unique), timeInto{&ti.LockedAt}, into(&ti.WorkerID), paramsInto{&ti.Params},
		&ti.Attempts, &ti.MaxAttempts,
		secondsInto(func(s float64) { ti.Timeout = store.TimeoutOf(s) }),
		secondsInto(func(s float64) { ti.RetryDelay = store.Seconds(s) }),
		timeInto{&ti.RetryAt},
		rawInto{&ti.Result}, into(&ti.Reason),
		rawInto{&ti.PushState},
	}
}

// secondsInto scans a number of seconds and sets what it stands for.
type secondsInto func(seconds float64)

func (set secondsInto) Scan(v any) error {
	var n sql.NullFloat64
	err := n.Scan(v)
	set(n.Float64)
	return err
}

type rawInto struct{ raw *json.RawMessage }

func (into rawInto) Scan(v any) error {
	*into.raw = nil
	if s, ok := v.(string); ok {
		*into.raw = json.RawMessage(s)
	}
	return nil
}

// TaskInstance returns one instance; see [store.Reads].
func (s *Store) TaskInstance(ctx context.Context, id int64) (*taskflow.TaskInstance, error) {
	ti := &taskflow.TaskInstance{}
	err := s.ask(ctx, `SELECT `+taskColumns+` FROM task_instances WHERE id = ?`, []any{id}, func(r row) error {
		return r.Scan(taskFields(ti)...)
	})
	if err == nil && ti.ID == 0 {
		err = fmt.Errorf("task instance %d: %w", id, taskflow.ErrNotFound)
	}
	return ti, err
}

// WorkflowInstance returns one run; see [store.Reads].
func (s *Store) WorkflowInstance(ctx context.Context, id int64) (*taskflow.WorkflowInstance, error) {
	wi := &taskflow.WorkflowInstance{}
	err := s.ask(ctx, `
		SELECT id, workflow_name, status, priority, "unique", scheduled, run_at, started_at, ended_at,
		       params, reason
		FROM workflow_instances
		WHERE id = ?`, []any{id}, func(r row) error {
		return r.Scan(&wi.ID, &wi.WorkflowName, &wi.Status, &wi.Priority, into(&wi.Unique), &wi.Scheduled,
			timeInto{&wi.RunAt}, timeInto{&wi.StartedAt}, timeInto{&wi.EndedAt},
			paramsInto{&wi.Params}, into(&wi.Reason))
	})
	if err == nil && wi.ID == 0 {
		err = fmt.Errorf("workflow instance %d: %w", id, taskflow.ErrNotFound)
	}
	return wi, err
}

// RunTasks returns the instances of a run; see [store.Reads].
func (s *Store) RunTasks(ctx context.Context, runID int64) ([]*taskflow.TaskInstance, error) {
	var have []*taskflow.TaskInstance
	err := s.ask(ctx, `SELECT `+taskColumns+` FROM task_instances WHERE workflow_instance_id = ? ORDER BY id`,
		[]any{runID}, func(r row) error {
			ti := &taskflow.TaskInstance{}
			err := r.Scan(taskFields(ti)...)
			have = append(have, ti)
			return err
		})
	return have, err
}

// Unfinished returns a workflow's runs that have not ended; see [store.Reads].
func (s *Store) Unfinished(ctx context.Context, workflow string) ([]int64, error) {
	var ids []int64
	err := s.ask(ctx, `
		SELECT id FROM workflow_instances WHERE workflow_name = ?1 AND status = 'queued'
		UNION ALL
		SELECT id FROM workflow_instances WHERE workflow_name = ?1 AND status = 'running'
		ORDER BY id`, []any{workflow}, func(r row) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

const logColumns = `claim, line, attempt, logged_at, stream, text`

func scanLog(lines *[]store.LogLine) func(row) error {
	return func(r row) error {
		var l store.LogLine
		err := r.Scan(&l.Position.Claim, &l.Position.Line, &l.Attempt, timeInto{&l.Time}, &l.Stream, &l.Text)
		l.Line = l.Position.Line
		*lines = append(*lines, l)
		return err
	}
}

// Log returns lines of an instance; see [store.Reads].
func (s *Store) Log(ctx context.Context, id int64, after store.LogPosition, limit int) ([]store.LogLine, error) {
	var lines []store.LogLine
	err := s.ask(ctx, `
		SELECT `+logColumns+` FROM task_logs
		WHERE task_instance_id = ? AND (claim, line) > (?, ?)
		ORDER BY claim, line
		LIMIT ?`, []any{id, after.Claim, after.Line, limit}, scanLog(&lines))
	return lines, err
}

// LogTail returns the last lines of the latest attempt; see [store.Reads].
func (s *Store) LogTail(ctx context.Context, id int64, n int) ([]store.LogLine, error) {
	var lines []store.LogLine
	err := s.ask(ctx, `
		SELECT `+logColumns+` FROM (
			SELECT `+logColumns+` FROM task_logs
			WHERE task_instance_id = ?1
			  AND claim = (SELECT MAX(claim) FROM task_logs WHERE task_instance_id = ?1)
			ORDER BY line DESC
			LIMIT ?2)
		ORDER BY line`, []any{id, n}, scanLog(&lines))
	return lines, err
}
