package sqlite

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// ClaimPushes takes instances for a push destination; see [store.Pushes].
func (s *Store) ClaimPushes(ctx context.Context, now time.Time, term store.Term, tasks store.Names, limit int) ([]store.Attempt, error) {
	due := false
	err := s.ask(ctx, `
		SELECT EXISTS (
			SELECT 1 FROM task_instances
			WHERE status IN ('queued', 'retry') AND push = 1 AND COALESCE(retry_at, run_at) <= ?)`,
		[]any{text(now)}, func(r row) error { return r.Scan(&due) })
	if err != nil || !due {
		return nil, err
	}
	var claimed []store.Attempt
	err = s.tx(ctx, func(t tx) (err error) {
		if err := t.fence(term); err != nil {
			return err
		}
		claimed, err = s.claim(t, pushLane, now, store.ClaimRequest{WorkerID: term.Holder, Slots: limit, Tasks: tasks})
		return err
	})
	if len(claimed) > 0 {
		s.ended.raise() // what has started may let its schedule plan the next
	}
	return claimed, err
}

// Pushed lists what lies with a push destination; see [store.Pushes].
func (s *Store) Pushed(ctx context.Context, tasks store.Names) ([]store.PushedAttempt, error) {
	names, err := encode(slices.Collect(maps.Keys(tasks)))
	if err != nil {
		return nil, err
	}
	var pushed []store.PushedAttempt
	err = s.ask(ctx, `
		SELECT claim, cancel_requested_at IS NOT NULL, `+taskColumns+`
		FROM task_instances
		WHERE status IN ('running', 'pushed') AND push = 1
		  AND task_name IN (SELECT value FROM json_each(?))
		ORDER BY id`, []any{names}, func(r row) error {
		p := store.PushedAttempt{Attempt: store.Attempt{Instance: &taskflow.TaskInstance{}}}
		err := r.Scan(append([]any{&p.Number, &p.Cancelled}, taskFields(p.Instance)...)...)
		p.ID = p.Instance.ID
		pushed = append(pushed, p)
		return err
	})
	return pushed, err
}

// SetPush keeps a remote state: pushed → running, or no change of state; see
// [store.Pushes]. Guards: the term and the claim number.
func (s *Store) SetPush(ctx context.Context, now time.Time, term store.Term, c store.Claim, status taskflow.Status, state json.RawMessage) (held bool, err error) {
	err = s.tx(ctx, func(t tx) error {
		if err := t.fence(term); err != nil {
			return err
		}
		n, err := t.exec(`
			UPDATE task_instances
			SET status = ?, push_state = COALESCE(?, push_state), updated_at = ?
			WHERE id = ? AND claim = ? AND status IN ('running', 'pushed')`,
			string(status), word(string(state)), text(now), c.ID, c.Number)
		held = n > 0
		return err
	})
	return held, err
}
