package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// Define writes the definitions; see [store.Definitions].
func (s *Store) Define(ctx context.Context, now time.Time, defs *taskflow.Definitions, retire bool) error {
	err := s.tx(ctx, func(t tx) error {
		d := definer{tx: t, at: now, now: text(now)}
		if retire {
			if err := d.retire(defs); err != nil {
				return err
			}
		}
		for _, w := range defs.Workflows {
			if err := d.workflow(w); err != nil {
				return err
			}
		}
		for _, task := range defs.Tasks {
			if err := d.task(task); err != nil {
				return err
			}
		}
		for _, task := range defs.Tasks {
			if err := d.dependencies(task); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.ended.raise()
		s.queued.raise()
	}
	return err
}

// definer writes definitions within one transaction. Its upserts change no
// row that is as it should be, so that defining again writes nothing.
type definer struct {
	tx
	at  time.Time
	now any // the same, as it is kept
}

// retire marks the names that are not among the definitions.
func (d definer) retire(defs *taskflow.Definitions) error {
	for _, set := range []struct {
		names []string
		query string
	}{
		{taskNames(defs), `
			UPDATE tasks SET retired_at = ?, updated_at = ?
			WHERE retired_at IS NULL AND name NOT IN (SELECT value FROM json_each(?))`},
		{workflowNames(defs), `
			UPDATE workflows SET retired_at = ?, updated_at = ?
			WHERE retired_at IS NULL AND name NOT IN (SELECT value FROM json_each(?))`},
	} {
		names, err := encode(set.names)
		if err != nil {
			return err
		}
		if _, err := d.exec(set.query, d.now, d.now, names); err != nil {
			return err
		}
	}
	return nil
}

func (d definer) workflow(w *taskflow.Workflow) error {
	graph, err := encode(store.NewGraph(w))
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(graph))
	hash := hex.EncodeToString(sum[:])
	if _, err := d.exec(`
		INSERT INTO workflow_graphs (workflow_name, hash, graph, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, w.Name, hash, graph, d.now); err != nil {
		return err
	}
	var graphID int64
	if _, err := d.one(`SELECT id FROM workflow_graphs WHERE workflow_name = ? AND hash = ?`,
		[]any{w.Name, hash}, &graphID); err != nil {
		return err
	}
	if _, err := d.exec(`
		INSERT INTO workflows (
			name, active, title, description, concurrency, sla, default_priority, on_failure, graph_id,
			created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)
		ON CONFLICT (name) DO UPDATE SET
			title = excluded.title, description = excluded.description,
			concurrency = excluded.concurrency, sla = excluded.sla,
			default_priority = excluded.default_priority, on_failure = excluded.on_failure,
			graph_id = excluded.graph_id, retired_at = NULL, updated_at = excluded.updated_at
		WHERE retired_at IS NOT NULL
		   OR (title, description, concurrency, sla, default_priority, on_failure, graph_id)
		      IS NOT (excluded.title, excluded.description, excluded.concurrency, excluded.sla,
		              excluded.default_priority, excluded.on_failure, excluded.graph_id)`,
		w.Name, w.Active, word(w.Title), word(w.Description), store.Limit(w.Concurrency), seconds(w.SLA),
		string(w.DefaultPriority), string(w.OnFailure), graphID, d.now); err != nil {
		return err
	}
	return d.schedule(store.WorkflowKind, w.Name, w.Schedule, w.Concurrency)
}

func (d definer) task(task *taskflow.Task) error {
	params, err := object(task.Params)
	if err != nil {
		return err
	}
	schema, err := object(task.ParamsSchema)
	if err != nil {
		return err
	}
	if _, err := d.exec(`
		INSERT INTO tasks (
			name, active, workflow_name, title, description, command, concurrency, sla, default_priority,
			retries, timeout, retry_delay, params, params_schema, push_destination, run_if,
			created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?17)
		ON CONFLICT (name) DO UPDATE SET
			workflow_name = excluded.workflow_name, title = excluded.title,
			description = excluded.description, command = excluded.command,
			concurrency = excluded.concurrency, sla = excluded.sla,
			default_priority = excluded.default_priority, retries = excluded.retries,
			timeout = excluded.timeout, retry_delay = excluded.retry_delay, params = excluded.params,
			params_schema = excluded.params_schema, push_destination = excluded.push_destination,
			run_if = excluded.run_if, retired_at = NULL, updated_at = excluded.updated_at
		WHERE retired_at IS NOT NULL
		   OR (workflow_name, title, description, command, concurrency, sla, default_priority, retries,
		       timeout, retry_delay, params, params_schema, push_destination, run_if)
		      IS NOT (excluded.workflow_name, excluded.title, excluded.description, excluded.command,
		              excluded.concurrency, excluded.sla, excluded.default_priority, excluded.retries,
		              excluded.timeout, excluded.retry_delay, excluded.params, excluded.params_schema,
		              excluded.push_destination, excluded.run_if)`,
		task.Name, task.Active, word(task.Workflow()), word(task.Title), word(task.Description),
		word(task.Command), store.Limit(task.Concurrency), seconds(task.SLA), word(task.DefaultPriority),
		task.Retries, store.Timeout(task.Timeout), task.RetryDelay.Seconds(), params, schema,
		word(task.PushDestination), string(task.RunIf), d.now); err != nil {
		return err
	}
	return d.schedule(store.TaskKind, task.Name, task.Schedule, task.Concurrency)
}

func (d definer) dependencies(task *taskflow.Task) error {
	names, err := encode(append([]string{}, task.DependsOn...)) // [] for none, not null
	if err != nil {
		return err
	}
	if _, err := d.exec(`
		DELETE FROM task_dependencies
		WHERE task_name = ? AND depends_on NOT IN (SELECT value FROM json_each(?))`, task.Name, names); err != nil {
		return err
	}
	if len(task.DependsOn) == 0 {
		return nil
	}
	_, err = d.exec(`
		INSERT INTO task_dependencies (task_name, depends_on)
		SELECT ?, value FROM json_each(?) WHERE true
		ON CONFLICT DO NOTHING`, task.Name, names)
	return err
}

// schedule writes or removes the schedule of a definition. A changed one is
// planned anew, and so is one whose concurrency changed.
func (d definer) schedule(kind store.Kind, name string, s taskflow.Schedule, concurrency int) error {
	if s.Cron == "" {
		// Without a schedule there is no planned instance either.
		if err := d.withdraw(kind, name, d.at, "its schedule was removed"); err != nil {
			return err
		}
		_, err := d.exec(`DELETE FROM schedules WHERE kind = ? AND name = ?`, string(kind), name)
		return err
	}
	_, err := d.exec(`
		INSERT INTO schedules (
			kind, name, schedule, timezone, missed, missed_limit, on_resume, dst_gap, dst_overlap,
			start_date, end_date, concurrency, active)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
			CASE ?1 WHEN 'task' THEN (SELECT active FROM tasks WHERE name = ?2)
			        ELSE (SELECT active FROM workflows WHERE name = ?2) END)
		ON CONFLICT (kind, name) DO UPDATE SET
			schedule = excluded.schedule, timezone = excluded.timezone, missed = excluded.missed,
			missed_limit = excluded.missed_limit, on_resume = excluded.on_resume,
			dst_gap = excluded.dst_gap, dst_overlap = excluded.dst_overlap,
			start_date = excluded.start_date, end_date = excluded.end_date,
			concurrency = excluded.concurrency, version = version + 1
		WHERE (schedule, timezone, missed, missed_limit, on_resume, dst_gap, dst_overlap,
		       start_date, end_date, concurrency)
		      IS NOT (excluded.schedule, excluded.timezone, excluded.missed, excluded.missed_limit,
		              excluded.on_resume, excluded.dst_gap, excluded.dst_overlap,
		              excluded.start_date, excluded.end_date, excluded.concurrency)`,
		string(kind), name, s.Cron, s.Timezone, string(s.Missed), s.MissedLimit, string(s.OnResume),
		string(s.DSTGap), string(s.DSTOverlap), text(s.Start), text(s.End), store.Limit(concurrency))
	return err
}

func seconds(d time.Duration) any {
	if d == 0 {
		return nil
	}
	return d.Seconds()
}

func taskNames(defs *taskflow.Definitions) []string {
	names := make([]string, len(defs.Tasks))
	for i, t := range defs.Tasks {
		names[i] = t.Name
	}
	return names
}

func workflowNames(defs *taskflow.Definitions) []string {
	names := make([]string, len(defs.Workflows))
	for i, w := range defs.Workflows {
		names[i] = w.Name
	}
	return names
}

// graph returns a stored graph. Graphs do not change, so each is read once.
func (s *Store) graph(t tx, id int64) (*store.Graph, error) {
	if known, ok := s.graphs.Load(id); ok {
		return known.(*store.Graph), nil
	}
	var raw string
	if _, err := t.one(`SELECT graph FROM workflow_graphs WHERE id = ?`, []any{id}, &raw); err != nil {
		return nil, err
	}
	g, err := store.ParseGraph(raw)
	if err == nil {
		s.graphs.Store(id, g)
	}
	return g, err
}
