package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cron"
	"github.com/taskflow-run/taskflow/internal/store"
)

// Lead takes or renews the leadership; see [store.Schedules]. Each leadership
// that follows another has a higher epoch.
func (s *Store) Lead(ctx context.Context, holder string, ttl time.Duration) (store.Term, error) {
	// Who only stands by asks without a lock.
	var taken bool
	err := s.ask(ctx, `
		SELECT EXISTS (
			SELECT 1 FROM leases
			WHERE name = 'scheduler' AND holder <> ? AND expires_at > `+clock+`)`,
		[]any{holder}, func(r row) error { return r.Scan(&taken) })
	if err != nil || taken {
		return store.Term{}, err
	}
	term := store.Term{Holder: holder}
	var held bool
	err = s.tx(ctx, func(t tx) (err error) {
		held, err = t.one(`
			INSERT INTO leases (name, holder, epoch, expires_at)
			VALUES ('scheduler', ?1, 1, strftime('%Y-%m-%d %H:%M:%f000', 'now', ?2))
			ON CONFLICT (name) DO UPDATE SET
				holder = excluded.holder, expires_at = excluded.expires_at,
				epoch = epoch + (holder <> excluded.holder OR expires_at <= `+clock+`)
			WHERE holder = excluded.holder OR expires_at <= `+clock+`
			RETURNING epoch`, []any{holder, modifier(ttl)}, &term.Epoch)
		return err
	})
	if err != nil || !held {
		return store.Term{}, err
	}
	return term, nil
}

// Resign gives the leadership up at once. The row stays, for its epoch.
func (s *Store) Resign(ctx context.Context, term store.Term) error {
	err := s.tx(ctx, func(t tx) error {
		_, err := t.exec(`
			UPDATE leases SET expires_at = `+clock+`
			WHERE name = 'scheduler' AND holder = ? AND epoch = ?`, term.Holder, term.Epoch)
		return err
	})
	s.ended.raise()
	return err
}

// fence refuses the writes of a leader whose term is over. That the lease has
// expired does not matter as long as nobody else has taken it.
func (t tx) fence(term store.Term) error {
	if term == (store.Term{}) {
		return nil
	}
	leads, err := t.one(`SELECT epoch FROM leases WHERE name = 'scheduler' AND holder = ? AND epoch = ?`,
		[]any{term.Holder, term.Epoch}, &term.Epoch)
	if err == nil && !leads {
		err = store.ErrNotLeader
	}
	return err
}

// times is what an instance is planned with, as a JSON list: a change of any
// of it moves the instance.
const times = `json_array(s.schedule, s.timezone, s.dst_gap, s.dst_overlap, s.start_date, s.end_date)`

// Unplanned finds schedules to decide about; see [store.Schedules].
func (s *Store) Unplanned(ctx context.Context, limit int) ([]store.Planning, error) {
	var found []store.Planning
	err := s.ask(ctx, `
		SELECT s.kind, s.name, s.schedule, s.timezone, s.missed, s.missed_limit, s.on_resume,
		       s.dst_gap, s.dst_overlap, s.start_date, s.end_date, s.concurrency, s.active,
		       s.fired_until, s.version, NULLIF(s.planned_times, `+times+`),
		       (SELECT json_group_array(json_array(paused_at, resumed_at)) FROM schedule_pauses
		        WHERE kind = s.kind AND name = s.name),
		       COALESCE(t.id, w.id), COALESCE(t.run_at, w.run_at), COALESCE(t.status, w.status),
		       COALESCE(t.started_at, w.started_at), COALESCE(t.ended_at, w.ended_at)
		FROM schedules AS s
		LEFT JOIN task_instances AS t ON s.kind = 'task' AND t.id = s.latest_id
		LEFT JOIN workflow_instances AS w ON s.kind = 'workflow' AND w.id = s.latest_id
		WHERE s.version <> s.planned_version
		LIMIT ?`, []any{limit}, func(r row) error {
		var p store.Planning
		var latest store.Planned
		var was, pauses string
		err := r.Scan(&p.Kind, &p.Name, &p.Schedule.Cron, &p.Schedule.Timezone, &p.Schedule.Missed,
			&p.Schedule.MissedLimit, &p.Schedule.OnResume, &p.Schedule.DSTGap, &p.Schedule.DSTOverlap,
			timeInto{&p.Schedule.Start}, timeInto{&p.Schedule.End}, &p.Concurrency, &p.Active,
			timeInto{&p.FiredUntil}, &p.Version, into(&was), &pauses,
			numberInto{&latest.ID}, timeInto{&latest.RunAt}, into(&latest.Status),
			timeInto{&latest.StartedAt}, timeInto{&latest.EndedAt})
		if err != nil {
			return err
		}
		if latest.ID != 0 {
			p.Latest = &latest
		}
		if p.Was, err = wasSchedule(was); err != nil {
			return err
		}
		p.Pauses, err = spans(pauses)
		found = append(found, p)
		return err
	})
	return found, err
}

// wasSchedule reads the times that a schedule was planned with.
func wasSchedule(raw string) (*taskflow.Schedule, error) {
	if raw == "" {
		return nil, nil
	}
	var words [6]*string
	if err := json.Unmarshal([]byte(raw), &words); err != nil {
		return nil, err
	}
	s := &taskflow.Schedule{
		Cron: *words[0], Timezone: *words[1], DSTGap: cron.Gap(*words[2]), DSTOverlap: cron.Overlap(*words[3]),
	}
	return s, errors.Join(timeInto{&s.Start}.scanWord(words[4]), timeInto{&s.End}.scanWord(words[5]))
}

// spans reads a list of pauses.
func spans(raw string) ([]store.Span, error) {
	var pairs [][2]*string
	if err := json.Unmarshal([]byte(raw), &pairs); err != nil {
		return nil, err
	}
	all := make([]store.Span, len(pairs))
	for i, pair := range pairs {
		if err := errors.Join(timeInto{&all[i].From}.scanWord(pair[0]), timeInto{&all[i].Until}.scanWord(pair[1])); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Plan carries a decision out: – → queued, queued → dequeued; see
// [store.Schedules]. Guards: the term, the version of the schedule, and the
// primary key of schedule_fires. Semantics §3.
func (s *Store) Plan(ctx context.Context, now time.Time, term store.Term, p store.Plan) error {
	err := s.tx(ctx, func(t tx) error {
		if err := t.fence(term); err != nil {
			return err
		}
		var version int64
		if _, err := t.one(`SELECT version FROM schedules WHERE kind = ? AND name = ?`,
			[]any{string(p.Kind), p.Name}, &version); err != nil {
			return err
		}
		if version != p.Version {
			return store.ErrStale
		}
		return s.plan(t, now, p)
	})
	if err == nil && !p.Queue.IsZero() {
		s.queued.raise()
	}
	return err
}

func (s *Store) plan(t tx, now time.Time, p store.Plan) error {
	if p.Withdraw != "" {
		if err := t.withdraw(p.Kind, p.Name, now, p.Withdraw); err != nil {
			return err
		}
	}
	for _, f := range p.Fires {
		if _, err := t.recordFire(now, p, f); err != nil {
			return err
		}
	}
	if !p.Queue.IsZero() {
		queued, err := s.queueFire(t, now, p)
		if err != nil {
			return err
		}
		p.Unfinished = p.Unfinished || !queued
	}
	// The withdrawal may have raised the version; this decision knew of it.
	_, err := t.exec(`
		UPDATE schedules AS s
		SET fired_until = ?1, planned_times = `+times+`,
		    planned_version = version, version = version + ?2
		WHERE kind = ?3 AND name = ?4`,
		text(p.FiredUntil), p.Unfinished, string(p.Kind), p.Name)
	if err != nil {
		return err
	}
	_, err = t.exec(`
		DELETE FROM schedule_pauses
		WHERE kind = ? AND name = ? AND resumed_at <= ?`, string(p.Kind), p.Name, text(p.FiredUntil))
	return err
}

// recordFire writes what became of a fire, and reports whether it was new.
func (t tx) recordFire(now time.Time, p store.Plan, f store.Fire) (bool, error) {
	n, err := t.exec(`
		INSERT INTO schedule_fires (kind, name, fire_at, outcome, reason, recorded_at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		string(p.Kind), p.Name, text(f.At), string(f.Outcome), word(f.Reason), text(now))
	return n > 0, err
}

// queueFire queues the instance of a fire, and reports whether it did: a fire
// that has happened does not happen again.
func (s *Store) queueFire(t tx, now time.Time, p store.Plan) (bool, error) {
	isNew, err := t.recordFire(now, p, store.Fire{At: p.Queue, Outcome: store.FireQueued})
	if err != nil || !isNew {
		return false, err
	}
	id, err := s.insert(t, p.Kind, now, store.Request{Name: p.Name, RunAt: p.Queue}, true)
	if err != nil {
		return false, err
	}
	if _, err := t.exec(`UPDATE schedule_fires SET instance_id = ? WHERE kind = ? AND name = ? AND fire_at = ?`,
		id, string(p.Kind), p.Name, text(p.Queue)); err != nil {
		return false, err
	}
	_, err = t.exec(`UPDATE schedules SET latest_id = ? WHERE kind = ? AND name = ?`, id, string(p.Kind), p.Name)
	return true, err
}

// dequeuePlanned takes out the instance that a schedule planned, if it has
// not started, and returns its time.
var dequeuePlanned = map[store.Kind]string{
	store.TaskKind: `
		UPDATE task_instances SET status = 'dequeued', ended_at = ?1, reason = ?2, updated_at = ?1
		WHERE status = 'queued' AND id = (SELECT latest_id FROM schedules WHERE kind = ?3 AND name = ?4)
		RETURNING run_at`,
	store.WorkflowKind: `
		UPDATE workflow_instances SET status = 'dequeued', ended_at = ?1, reason = ?2, updated_at = ?1
		WHERE status = 'queued' AND id = (SELECT latest_id FROM schedules WHERE kind = ?3 AND name = ?4)
		RETURNING run_at`,
}

// withdraw dequeues a planned instance: queued → dequeued. Its fire is
// forgotten if it has not come yet, so that it can be planned again; one that
// has come is skipped.
func (t tx) withdraw(kind store.Kind, name string, now time.Time, reason string) error {
	var runAt string
	found, err := t.one(dequeuePlanned[kind], []any{text(now), reason, string(kind), name}, &runAt)
	if err != nil || !found {
		return err
	}
	if _, err := t.exec(`
		DELETE FROM schedule_fires
		WHERE kind = ? AND name = ? AND fire_at = ? AND fire_at > ?`, string(kind), name, runAt, text(now)); err != nil {
		return err
	}
	_, err = t.exec(`
		UPDATE schedule_fires SET outcome = 'skipped', reason = ?
		WHERE kind = ? AND name = ? AND fire_at = ?`, reason, string(kind), name, runAt)
	return err
}

// modifier returns a duration as SQLite's date functions take it.
func modifier(d time.Duration) string { return fmt.Sprintf("%+.3f seconds", d.Seconds()) }
