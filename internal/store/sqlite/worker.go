package sqlite

import (
	"context"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// clock is the database's clock, as times are kept.
const clock = `strftime('%Y-%m-%d %H:%M:%f000', 'now')`

// Beat says that a worker lives; see [store.Attempts].
func (s *Store) Beat(ctx context.Context, w store.Worker) error {
	return s.tx(ctx, func(t tx) error {
		_, err := t.exec(`
			INSERT INTO workers (id, host, pid, slots, started_at, heartbeat_at)
			VALUES (?, ?, ?, ?, `+clock+`, `+clock+`)
			ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at`,
			w.ID, w.Host, w.PID, w.Slots)
		return err
	})
}

// Stops finds claims to end; see [store.Attempts].
func (s *Store) Stops(ctx context.Context, held []store.Claim) ([]store.Stop, error) {
	var stops []store.Stop
	for _, c := range held {
		ours, cancelled := false, false
		err := s.ask(ctx, `
			SELECT cancel_requested_at IS NOT NULL FROM task_instances
			WHERE id = ? AND claim = ? AND status = 'running'`, []any{c.ID, c.Number}, func(r row) error {
			ours = true
			return r.Scan(&cancelled)
		})
		if err != nil {
			return nil, err
		}
		if !ours || cancelled {
			stops = append(stops, store.Stop{Claim: c, Cancelled: cancelled})
		}
	}
	return stops, nil
}

// Leave forgets a worker that has stopped.
func (s *Store) Leave(ctx context.Context, workerID string) error {
	return s.tx(ctx, func(t tx) error {
		_, err := t.exec(`DELETE FROM workers WHERE id = ?`, workerID)
		return err
	})
}

// silent is what runs under a worker that was not heard of for some time.
const silent = `
	FROM task_instances
	WHERE status IN ('running', 'pushed') -- what the index holds
	  AND status = 'running' AND push = 0
	  AND NOT EXISTS (
		SELECT 1 FROM workers
		WHERE id = task_instances.worker_id
		  AND heartbeat_at >= strftime('%Y-%m-%d %H:%M:%f000', 'now', ?))`

// Lost finds attempts whose worker is gone; see [store.Attempts].
func (s *Store) Lost(ctx context.Context, silence time.Duration) ([]store.Attempt, error) {
	since := modifier(-silence)
	var found bool
	err := s.ask(ctx, `SELECT EXISTS (SELECT 1`+silent+`)
		OR EXISTS (SELECT 1 FROM workers WHERE heartbeat_at < strftime('%Y-%m-%d %H:%M:%f000', 'now', ?1))`,
		[]any{since}, func(r row) error { return r.Scan(&found) })
	if err != nil || !found {
		return nil, err
	}
	var lost []store.Attempt
	err = s.tx(ctx, func(t tx) error {
		err := t.query(`SELECT claim, `+taskColumns+silent, []any{since}, func(r row) error {
			a := store.Attempt{Instance: &taskflow.TaskInstance{}}
			err := r.Scan(append([]any{&a.Number}, taskFields(a.Instance)...)...)
			a.ID = a.Instance.ID
			lost = append(lost, a)
			return err
		})
		if err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM workers WHERE heartbeat_at < strftime('%Y-%m-%d %H:%M:%f000', 'now', ?)`, since)
		return err
	})
	return lost, err
}
