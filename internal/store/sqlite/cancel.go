package sqlite

import (
	"context"
	"time"
)

// CancelRun cancels a run: queued → dequeued; a running one ends when its
// running tasks have stopped. See [store.Queue].
func (s *Store) CancelRun(ctx context.Context, now time.Time, id int64, reason string) error {
	err := s.tx(ctx, func(t tx) error {
		changed, err := t.exec(`
			UPDATE workflow_instances
			SET cancel_requested_at = ?1, reason = ?2, updated_at = ?1,
			    status = CASE status WHEN 'queued' THEN 'dequeued' ELSE status END,
			    ended_at = CASE status WHEN 'queued' THEN ?1 END
			WHERE id = ?3 AND status IN ('queued', 'running') AND cancel_requested_at IS NULL`,
			text(now), word(reason), id)
		if err != nil || changed == 0 {
			return err
		}
		if _, err := t.exec(`
			UPDATE task_instances SET cancel_requested_at = ?1, updated_at = ?1
			WHERE workflow_instance_id = ?2 AND status IN ('running', 'pushed')`, text(now), id); err != nil {
			return err
		}
		if err := t.event(now, id, 0, "cancelled", reason); err != nil {
			return err
		}
		_, err = s.advance(t, now, id)
		return err
	})
	s.queued.raise() // workers look for what they must stop
	s.ended.raise()
	return err
}

// CancelTask cancels an instance: queued, retry → dequeued; a running one is
// dequeued by its worker once it has stopped. See [store.Queue].
func (s *Store) CancelTask(ctx context.Context, now time.Time, id int64, reason string) error {
	err := s.tx(ctx, func(t tx) error {
		waiting, err := t.exec(`
			UPDATE task_instances
			SET status = 'dequeued', ended_at = ?1, retry_at = NULL, reason = ?2, updated_at = ?1
			WHERE id = ?3 AND status IN ('queued', 'retry')`, text(now), word(reason), id)
		if err != nil {
			return err
		}
		running, err := t.exec(`
			UPDATE task_instances SET cancel_requested_at = ?1, updated_at = ?1
			WHERE id = ?2 AND status IN ('running', 'pushed') AND cancel_requested_at IS NULL`, text(now), id)
		if err != nil || waiting+running == 0 {
			return err
		}
		return t.event(now, 0, id, "cancelled", reason)
	})
	s.queued.raise()
	s.ended.raise()
	return err
}
