package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// nextDue is when the next waiting instance that lies in the future is due.
const nextDue = `
	SELECT MIN(COALESCE(retry_at, run_at)) FROM task_instances
	WHERE status IN ('queued', 'retry') AND push = 0 AND COALESCE(retry_at, run_at) > ?`

// someDue tells cheaply, without a lock, that there may be something to claim.
const someDue = `
	SELECT EXISTS (
		SELECT 1 FROM task_instances
		WHERE status IN ('queued', 'retry') AND push = 0 AND COALESCE(retry_at, run_at) <= ?)`

// lane is one of the two queues: for workers, and for push destinations.
type lane struct {
	front, heads, take string
}

var (
	pullLane = newLane("push = 0", "running")
	pushLane = newLane("push = 1", "pushed")
)

// newLane returns the statements of a lane. They hand instances out: queued,
// retry → running or pushed. That a transaction is alone in the file makes the
// count of what is live exact. Semantics §4.
func newLane(queue, status string) lane {
	fill := strings.NewReplacer("{queue}", queue, "{status}", status).Replace
	return lane{
		// What is due of one priority, in the order of the queue.
		front: fill(`
			SELECT id, task_name FROM task_instances
			WHERE status IN ('queued', 'retry') AND {queue}
			  AND rank = ?1 AND run_at <= ?2
			  AND (retry_at IS NULL OR retry_at <= ?2)
			  AND attempts < COALESCE(max_attempts, 1)
			  AND (?4 = 0 OR workflow_instance_id BETWEEN ?5 AND ?4)
			ORDER BY run_at, id
			LIMIT ?3`),

		// The heads of each task's queue, no more than the task has room for:
		// a task at its limit costs the others one step, however many of its
		// instances wait.
		heads: fill(`
			WITH RECURSIVE
			waiting (name) AS ( -- every task with waiting instances, by jumping from one to the next
				SELECT MIN(task_name) FROM task_instances
				WHERE status IN ('queued', 'retry') AND {queue}
				UNION ALL
				SELECT (SELECT MIN(task_name) FROM task_instances
				        WHERE status IN ('queued', 'retry') AND {queue} AND task_name > waiting.name)
				FROM waiting
				WHERE waiting.name IS NOT NULL
			),
			room (name, free) AS ( -- those that this worker can run, and how many more may start
				SELECT tasks.name, CASE tasks.concurrency WHEN 0 THEN ?1 ELSE tasks.concurrency - (
					SELECT COUNT(*) FROM task_instances AS live
					WHERE live.task_name = tasks.name AND live.status IN ('running', 'pushed')) END
				FROM waiting JOIN tasks ON tasks.name = waiting.name
				WHERE tasks.retired_at IS NULL
				  AND tasks.name IN (SELECT value FROM json_each(?2))
			),
			ranks (rank) AS (VALUES (0), (1), (2), (3)), -- so that what is not due ends the search
			heads AS (
				SELECT i.id, i.rank, i.run_at, room.free,
				       ROW_NUMBER() OVER (PARTITION BY i.task_name ORDER BY i.rank, i.run_at, i.id) AS place
				FROM room CROSS JOIN ranks JOIN task_instances AS i ON i.id IN (
					SELECT head.id FROM task_instances AS head
					WHERE head.task_name = room.name
					  AND head.status IN ('queued', 'retry') AND head.{queue}
					  AND head.rank = ranks.rank AND head.run_at <= ?3
					  AND (head.retry_at IS NULL OR head.retry_at <= ?3) -- its delay is over
					  AND head.attempts < COALESCE(head.max_attempts, 1) -- attempts are left
					  AND ?4 IN (0, head.id)
					  AND (?5 = 0 OR head.workflow_instance_id BETWEEN ?6 AND ?5)
					ORDER BY head.run_at, head.id
					LIMIT ?1)
				WHERE room.free > 0
			)
			SELECT id FROM heads WHERE place <= free
			ORDER BY rank, run_at, id
			LIMIT ?1`),

		take: fill(`
			UPDATE task_instances
			SET status = '{status}', claim = claim + 1, attempts = attempts + 1, worker_id = ?2,
			    locked_at = ?3, started_at = COALESCE(started_at, ?3), retry_at = NULL, reason = NULL,
			    updated_at = ?3
			WHERE id IN (SELECT value FROM json_each(?1))
			RETURNING claim, rank, ` + taskColumns),
	}
}

// taskRoom is how many more instances of a task may start; no row if it is
// retired.
const taskRoom = `
	SELECT CASE concurrency WHEN 0 THEN ?2 ELSE concurrency - (
		SELECT COUNT(*) FROM task_instances
		WHERE task_name = ?1 AND status IN ('running', 'pushed')) END
	FROM tasks
	WHERE name = ?1 AND retired_at IS NULL`

// pickFront looks at the front of the queue only, which is enough unless
// instances that may not start crowd it. It reports whether it was: the picks
// are then those that looking at everything would give.
func (t tx) pickFront(l lane, now time.Time, r store.ClaimRequest) (picked []int64, enough bool, err error) {
	window := r.Slots + 16
	room := map[string]int{}
	for rank := range taskflow.Priorities {
		type waiting struct {
			id   int64
			task string
		}
		var front []waiting
		err := t.query(l.front, []any{rank, text(now), window, r.LastRun, r.FirstRun}, func(row row) error {
			var w waiting
			err := row.Scan(&w.id, &w.task)
			front = append(front, w)
			return err
		})
		if err != nil {
			return nil, false, err
		}
		for _, w := range front {
			free, known := room[w.task]
			if !known && r.Tasks[w.task] {
				if _, err := t.one(taskRoom, []any{w.task, r.Slots}, &free); err != nil {
					return nil, false, err
				}
			}
			if free > 0 {
				free--
				picked = append(picked, w.id)
			}
			room[w.task] = free
			if len(picked) == r.Slots {
				return picked, true, nil
			}
		}
		if len(front) == window {
			return nil, false, nil
		}
	}
	return picked, true, nil
}

// pick chooses what a claim hands out.
func (t tx) pick(l lane, now time.Time, r store.ClaimRequest) (picked []int64, err error) {
	if r.ID == 0 {
		picked, enough, err := t.pickFront(l, now, r)
		if enough || err != nil {
			return picked, err
		}
	}
	tasks, err := encode(slices.Collect(maps.Keys(r.Tasks)))
	if err != nil {
		return nil, err
	}
	err = t.query(l.heads, []any{r.Slots, tasks, text(now), r.ID, r.LastRun, r.FirstRun}, func(r row) error {
		var id int64
		err := r.Scan(&id)
		picked = append(picked, id)
		return err
	})
	return picked, err
}

// Claim gives a worker instances to run; see [store.Attempts].
func (s *Store) Claim(ctx context.Context, now time.Time, r store.ClaimRequest) (store.Claimed, error) {
	var claimed store.Claimed
	due := false
	if err := s.ask(ctx, someDue, []any{text(now)}, func(r row) error { return r.Scan(&due) }); err != nil {
		return claimed, err
	}
	if due {
		err := s.tx(ctx, func(t tx) (err error) {
			claimed.Instances, err = s.claim(t, pullLane, now, r)
			return err
		})
		if err != nil {
			return claimed, err
		}
	}
	err := s.ask(ctx, nextDue, []any{text(now)}, func(r row) error { return r.Scan(timeInto{&claimed.Next}) })
	if len(claimed.Instances) > 0 {
		s.ended.raise() // what has started may let its schedule plan the next
	}
	return claimed, err
}

// claim hands out instances of a lane.
func (s *Store) claim(t tx, l lane, now time.Time, r store.ClaimRequest) ([]store.Attempt, error) {
	picked, err := t.pick(l, now, r)
	if err != nil || len(picked) == 0 {
		return nil, err
	}
	ids, err := encode(picked)
	if err != nil {
		return nil, err
	}
	type ranked struct {
		store.Attempt
		rank int
	}
	var got []ranked
	err = t.query(l.take, []any{ids, word(r.WorkerID), text(now)}, func(r row) error {
		a := ranked{Attempt: store.Attempt{Instance: &taskflow.TaskInstance{}}}
		err := r.Scan(append([]any{&a.Number, &a.rank}, taskFields(a.Instance)...)...)
		a.ID = a.Instance.ID
		got = append(got, a)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(got, func(a, b ranked) int { // RETURNING has no order
		return cmp.Or(cmp.Compare(a.rank, b.rank), a.Instance.RunAt.Compare(b.Instance.RunAt),
			cmp.Compare(a.ID, b.ID))
	})
	attempts := make([]store.Attempt, len(got))
	for i, a := range got {
		attempts[i] = a.Attempt
		if err := s.addRun(t, a.Instance); err != nil {
			return nil, err
		}
	}
	return attempts, nil
}

// addRun gives an instance of a run the name of its workflow and the results
// of the tasks it depends on in that run's graph.
func (s *Store) addRun(t tx, ti *taskflow.TaskInstance) error {
	if ti.WorkflowInstanceID == 0 {
		return nil
	}
	var graphID int64
	if _, err := t.one(`SELECT workflow_name, graph_id FROM workflow_instances WHERE id = ?`,
		[]any{ti.WorkflowInstanceID}, &ti.WorkflowName, numberInto{&graphID}); err != nil {
		return err
	}
	if graphID == 0 { // added by plain SQL to a run that has not started
		return nil
	}
	g, err := s.graph(t, graphID)
	if err != nil {
		return err
	}
	node := g.Task(ti.TaskName)
	if node == nil || len(node.DependsOn) == 0 {
		return nil
	}
	names, err := encode(node.DependsOn)
	if err != nil {
		return err
	}
	ti.Results = map[string]json.RawMessage{}
	return t.query(`
		SELECT task_name, result FROM task_instances
		WHERE workflow_instance_id = ? AND task_name IN (SELECT value FROM json_each(?))
		  AND result IS NOT NULL`,
		[]any{ti.WorkflowInstanceID, names}, func(r row) error {
			var name, result string
			err := r.Scan(&name, &result)
			ti.Results[name] = json.RawMessage(result)
			return err
		})
}
