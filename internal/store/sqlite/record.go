package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// Record ends attempts: running, pushed → success, failed, retry, queued, dequeued;
// see [store.Attempts]. Guard: the instance is under way under that claim; a
// worker that lost it overwrites nothing. Semantics §2.
func (s *Store) Record(ctx context.Context, now time.Time, outcomes []store.Outcome) ([]bool, error) {
	applied := make([]bool, len(outcomes))
	err := s.tx(ctx, func(t tx) error {
		for i, o := range outcomes {
			var err error
			if applied[i], err = t.record(now, o); err != nil {
				return fmt.Errorf("task instance %d: %w", o.ID, err)
			}
		}
		return nil
	})
	if err == nil {
		s.ended.raise()
		s.queued.raise() // room under a limit, or a retry that is due at once
	}
	return applied, err
}

func (t tx) record(now time.Time, o store.Outcome) (bool, error) {
	var at attempt
	held, err := t.one(`
		SELECT attempts, max_attempts, locked_at, worker_id, cancel_requested_at IS NOT NULL,
		       workflow_instance_id
		FROM task_instances
		WHERE id = ? AND claim = ? AND status IN ('running', 'pushed')`,
		[]any{o.ID, o.Number}, &at.attempts, &at.maxAttempts, into(&at.lockedAt), into(&at.worker),
		&at.cancelled, numberInto{&at.run})
	if err != nil || !held {
		return false, err
	}
	if err := t.appendLog(o.Log); err != nil {
		return false, err
	}

	status, counted, retryAt := at.next(now, o)
	var endedAt, result any
	if status.Terminal() {
		endedAt = text(now)
	}
	if status == taskflow.Success && o.Result != nil {
		result = string(o.Result)
	}
	if _, err := t.exec(`
		UPDATE task_instances
		SET status = ?, attempts = ?, ended_at = ?, retry_at = ?, result = ?, reason = ?, updated_at = ?
		WHERE id = ?`,
		string(status), counted, endedAt, retryAt, result, word(o.Reason), text(now), o.ID); err != nil {
		return false, err
	}

	// The row itself tells of a success at the first try, or the only failure.
	if status == taskflow.Success && at.attempts == 1 {
		return true, nil
	}
	if _, err := t.exec(`
		INSERT INTO task_attempts (
			task_instance_id, claim, attempt, worker_id, started_at, ended_at, outcome, error)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		o.ID, o.Number, at.attempts, word(at.worker), at.lockedAt, text(now), string(o.Kind), word(o.Reason)); err != nil {
		return false, err
	}
	return true, t.recordEvents(now, o, at, status)
}

// attempt is what a row says of the attempt that is to end.
type attempt struct {
	attempts, maxAttempts int
	lockedAt, worker      string
	cancelled             bool
	run                   int64
}

// next says what an outcome makes of the instance: its state, how many
// attempts count, and when the next is due.
func (at attempt) next(now time.Time, o store.Outcome) (status taskflow.Status, counted int, retryAt any) {
	counted = at.attempts
	switch {
	case o.Kind == store.Succeeded:
		return taskflow.Success, counted, nil
	case o.Kind == store.Cancelled, at.cancelled:
		return taskflow.Dequeued, counted, nil
	case o.Kind == store.Released:
		return taskflow.Queued, counted - 1, nil // what a shutdown cut off does not count
	case counted < at.maxAttempts:
		return taskflow.Retry, counted, text(now.Add(o.RetryIn))
	}
	return taskflow.Failed, counted, nil
}

// recordEvents notes why an attempt failed, if that is out of the ordinary,
// and what comes of it.
func (t tx) recordEvents(now time.Time, o store.Outcome, at attempt, status taskflow.Status) error {
	if o.Event != "" {
		if err := t.event(now, at.run, o.ID, o.Event, o.Reason); err != nil {
			return err
		}
	}
	switch status {
	case taskflow.Retry:
		message := fmt.Sprintf("%s; attempt %d of %d in %s", o.Reason, at.attempts+1, at.maxAttempts, o.RetryIn.Round(time.Millisecond))
		return t.event(now, at.run, o.ID, "retry", message)
	case taskflow.Failed:
		return t.event(now, at.run, o.ID, "failed", o.Reason)
	}
	return nil
}

// AppendLog writes log lines; see [store.Attempts].
func (s *Store) AppendLog(ctx context.Context, entries []store.LogEntry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.tx(ctx, func(t tx) error { return t.appendLog(entries) })
}

func (t tx) appendLog(entries []store.LogEntry) error {
	for _, e := range entries {
		if e.DropTo > 0 {
			if _, err := t.exec(`
				DELETE FROM task_logs
				WHERE task_instance_id = ? AND claim = ? AND line BETWEEN ? AND ?`,
				e.ID, e.Number, e.Line, e.DropTo); err != nil {
				return err
			}
		}
		if _, err := t.exec(`
			INSERT INTO task_logs (task_instance_id, claim, line, attempt, logged_at, stream, text)
			SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM task_instances WHERE id = ?1 -- it may be deleted
			ON CONFLICT DO UPDATE SET text = excluded.text, logged_at = excluded.logged_at`,
			e.ID, e.Number, e.Line, e.Attempt, text(e.Time), e.Stream, e.Text); err != nil {
			return err
		}
	}
	return nil
}
