package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// batch is how many runs one transaction moves along, so that it stays short.
const batch = 100

// startable finds queued runs that may start, by the same jumps from queue to
// queue as claim makes. An empty workflow name stands for all.
const startable = `
	WITH RECURSIVE
	waiting (name) AS (
		SELECT MIN(workflow_name) FROM workflow_instances WHERE status = 'queued'
		UNION ALL
		SELECT (SELECT MIN(workflow_name) FROM workflow_instances
		        WHERE status = 'queued' AND workflow_name > waiting.name)
		FROM waiting
		WHERE waiting.name IS NOT NULL
	),
	room (name, graph_id, free) AS (
		SELECT workflows.name, workflows.graph_id, CASE workflows.concurrency WHEN 0 THEN ?1
			ELSE workflows.concurrency - (
				SELECT COUNT(*) FROM workflow_instances AS live
				WHERE live.workflow_name = workflows.name AND live.status = 'running') END
		FROM waiting JOIN workflows ON workflows.name = waiting.name
		WHERE workflows.retired_at IS NULL AND workflows.graph_id IS NOT NULL
		  AND (?2 = '' OR workflows.name = ?2)
	),
	ranks (rank) AS (VALUES (0), (1), (2), (3)),
	heads AS (
		SELECT i.id, room.graph_id, i.rank, i.run_at, room.free,
		       ROW_NUMBER() OVER (PARTITION BY i.workflow_name ORDER BY i.rank, i.run_at, i.id) AS place
		FROM room CROSS JOIN ranks JOIN workflow_instances AS i ON i.id IN (
			SELECT head.id FROM workflow_instances AS head
			WHERE head.workflow_name = room.name AND head.status = 'queued'
			  AND head.rank = ranks.rank AND head.run_at <= ?3
			ORDER BY head.run_at, head.id
			LIMIT ?1)
		WHERE room.free > 0
	)
	SELECT id, graph_id FROM heads WHERE place <= free
	ORDER BY rank, run_at, id
	LIMIT ?1`

// StartRuns starts due runs: queued → running; see [store.Runs]. Semantics §5.
func (s *Store) StartRuns(ctx context.Context, now time.Time, term store.Term, workflow string) (int, time.Time, error) {
	started := 0
	for {
		type start struct{ id, graph int64 }
		var found []start
		find := func(r row) error {
			var st start
			err := r.Scan(&st.id, &st.graph)
			found = append(found, st)
			return err
		}
		args := []any{batch, workflow, text(now)}
		if err := s.ask(ctx, startable, args, find); err != nil {
			return started, time.Time{}, err
		}
		if len(found) == 0 {
			break
		}
		ended := false
		err := s.tx(ctx, func(t tx) error {
			if err := t.fence(term); err != nil {
				return err
			}
			found = found[:0] // asked again, now that nobody else can start them
			if err := t.query(startable, args, find); err != nil {
				return err
			}
			for _, run := range found {
				if _, err := t.exec(`
					UPDATE workflow_instances
					SET status = 'running', started_at = ?1, graph_id = ?2, updated_at = ?1
					WHERE id = ?3`, text(now), run.graph, run.id); err != nil {
					return err
				}
				end, err := s.advance(t, now, run.id)
				if err != nil {
					return err
				}
				ended = ended || end
			}
			return nil
		})
		if err != nil {
			return started, time.Time{}, err
		}
		started += len(found)
		s.raiseRuns(ended)
	}
	var next time.Time
	err := s.ask(ctx, `
		SELECT MIN(run_at) FROM workflow_instances
		WHERE status = 'queued' AND run_at > ?1 AND (?2 = '' OR workflow_name = ?2)`,
		[]any{text(now), workflow}, func(r row) error { return r.Scan(timeInto{&next}) })
	return started, next, err
}

// unseen finds runs in which something has ended since they were looked at.
const unseen = `
	SELECT DISTINCT t.workflow_instance_id
	FROM task_instances AS t
	WHERE t.workflow_instance_id IS NOT NULL AND t.advanced = 0
	  AND t.status IN ('success', 'failed', 'dequeued', 'skipped')
	  AND (?1 = '' OR ?1 = (SELECT workflow_name FROM workflow_instances WHERE id = t.workflow_instance_id))
	LIMIT ?2`

// Advance moves runs along; see [store.Runs].
func (s *Store) Advance(ctx context.Context, now time.Time, term store.Term, workflow string) (int, error) {
	advanced := 0
	for {
		var runs []int64
		err := s.ask(ctx, unseen, []any{workflow, batch}, func(r row) error {
			var id int64
			err := r.Scan(&id)
			runs = append(runs, id)
			return err
		})
		if err != nil || len(runs) == 0 {
			return advanced, err
		}
		ended := false
		err = s.tx(ctx, func(t tx) error {
			if err := t.fence(term); err != nil {
				return err
			}
			for _, id := range runs {
				end, err := s.advance(t, now, id)
				if err != nil {
					return fmt.Errorf("workflow instance %d: %w", id, err)
				}
				ended = ended || end
			}
			return nil
		})
		if err != nil {
			return advanced, err
		}
		advanced += len(runs)
		s.raiseRuns(ended)
	}
}

// raiseRuns signals that runs were moved along. One that has ended makes room
// for the next and may be waited for; otherwise there is nothing in it for the
// scheduler, which would only look again.
func (s *Store) raiseRuns(ended bool) {
	s.queued.raise()
	if ended {
		s.ended.raise()
	}
}

// run is what moving a run along needs of its row.
type run struct {
	taskflow.WorkflowInstance
	graph     int64
	cancelled bool
}

// advance decides how a running run goes on and writes it down, and reports
// whether the run has ended with that. The decision is [store.Graph.Decide];
// everything happens in one transaction, so a task is queued once however often
// this runs.
func (s *Store) advance(t tx, now time.Time, id int64) (ended bool, err error) {
	r := run{WorkflowInstance: taskflow.WorkflowInstance{ID: id}}
	running, err := t.one(`
		SELECT scheduled, priority, params, graph_id, cancel_requested_at IS NOT NULL
		FROM workflow_instances
		WHERE id = ? AND status = 'running'`,
		[]any{id}, &r.Scheduled, &r.Priority, paramsInto{&r.Params}, numberInto{&r.graph}, &r.cancelled)
	if err != nil {
		return false, err
	}
	if _, err := t.exec(`
		UPDATE task_instances SET advanced = 1
		WHERE workflow_instance_id = ? AND advanced = 0
		  AND status IN ('success', 'failed', 'dequeued', 'skipped')`, id); err != nil || !running {
		return false, err
	}
	g, err := s.graph(t, r.graph)
	if err != nil {
		return false, err
	}
	status := make(map[string]taskflow.Status, len(g.Tasks))
	anyFailed := false
	err = t.query(`SELECT task_name, status FROM task_instances WHERE workflow_instance_id = ?`, []any{id},
		func(r row) error {
			var name string
			var st taskflow.Status
			err := r.Scan(&name, &st)
			status[name] = st
			anyFailed = anyFailed || st == taskflow.Failed
			return err
		})
	if err != nil {
		return false, err
	}
	var failed string // the task that failed first
	if anyFailed {
		if _, err := t.one(`
			SELECT task_name FROM task_instances
			WHERE workflow_instance_id = ? AND status = 'failed'
			ORDER BY ended_at
			LIMIT 1`, []any{id}, &failed); err != nil {
			return false, err
		}
	}
	d := g.Decide(status, r.cancelled)
	return d.End != "", t.carryOut(now, r, d, failed)
}

// carryOut writes a decision about a run: – → queued, skipped, dequeued;
// queued, retry → dequeued; and the end of the run.
func (t tx) carryOut(now time.Time, r run, d store.Decision, failed string) error {
	stopped := fmt.Sprintf("the run stopped when task %q failed", failed)
	if r.cancelled {
		stopped = "the run was cancelled"
	}
	for _, node := range d.Queue {
		if err := t.insertNode(now, r, node, taskflow.Queued, ""); err != nil {
			return err
		}
	}
	for _, node := range d.Skip {
		reason := fmt.Sprintf("run_if %s can no longer hold", node.RunIf)
		if err := t.insertNode(now, r, node, taskflow.Skipped, reason); err != nil {
			return err
		}
	}
	for _, node := range d.Drop {
		if err := t.insertNode(now, r, node, taskflow.Dequeued, stopped); err != nil {
			return err
		}
	}
	for _, name := range d.Dequeue {
		if _, err := t.exec(`
			UPDATE task_instances
			SET status = 'dequeued', ended_at = ?1, retry_at = NULL, reason = ?2, advanced = 1, updated_at = ?1
			WHERE workflow_instance_id = ?3 AND task_name = ?4 AND status IN ('queued', 'retry')`,
			text(now), stopped, r.ID, name); err != nil {
			return err
		}
	}
	if d.End == "" {
		return nil
	}
	return t.endRun(now, r.ID, d.End, failed)
}

func (t tx) insertNode(now time.Time, r run, node *store.GraphTask, status taskflow.Status, reason string) error {
	params, err := object(r.Params.Over(node.Params))
	if err != nil {
		return err
	}
	priority := node.Priority
	if priority == "" {
		priority = r.Priority
	}
	var endedAt any
	if status.Terminal() {
		endedAt = text(now)
	}
	_, err = t.exec(`
		INSERT INTO task_instances (
			task_name, workflow_instance_id, scheduled, run_at, ended_at, status, priority, push, params,
			max_attempts, timeout, retry_delay, reason, advanced, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?4, ?4)`,
		node.Name, r.ID, r.Scheduled, text(now), endedAt, string(status), string(priority), node.Push, params,
		node.MaxAttempts, node.Timeout, node.RetryDelay, word(reason), status.Terminal())
	return err
}

// endRun ends a run: running → success, failed, dequeued. It ended when the
// last of its tasks did.
func (t tx) endRun(now time.Time, id int64, status taskflow.Status, failed string) error {
	var reason string
	if status == taskflow.Failed && failed != "" {
		reason = fmt.Sprintf("task %q failed", failed)
		if err := t.event(now, id, 0, "failed", reason); err != nil {
			return err
		}
	}
	_, err := t.exec(`
		UPDATE workflow_instances
		SET status = ?1, reason = COALESCE(?2, reason), updated_at = ?3,
		    ended_at = COALESCE((SELECT MAX(ended_at) FROM task_instances WHERE workflow_instance_id = ?4), ?3)
		WHERE id = ?4`, string(status), word(reason), text(now), id)
	return err
}
