package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/taskflow-run/taskflow/internal/scheduler"
	"github.com/taskflow-run/taskflow/internal/store"
	"github.com/taskflow-run/taskflow/internal/store/sqlite"
	"github.com/taskflow-run/taskflow/internal/worker"
)

// A dry run is a real run on a copy of the database.

// rehearsal opens a copy of the database.
func rehearsal(l loopContext) (*sqlite.Store, func(), error) {
	dir, err := os.MkdirTemp("", "taskflow-dry-run-")
	if err != nil {
		return nil, nil, err
	}
	remove := func() { os.RemoveAll(dir) }
	path := filepath.Join(dir, "copy.db")
	if err := l.store.Copy(l.ctx, path); err != nil {
		remove()
		return nil, nil, err
	}
	st, err := sqlite.Open(l.ctx, path)
	if err != nil {
		remove()
		return nil, nil, err
	}
	return st, func() { st.Close(); remove() }, nil
}

// rehearseWithout lets a dry run without a database have an empty one, which
// the function returned removes.
func (a *app) rehearseWithout() (release func(), err error) {
	path, err := a.databasePath()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return func() {}, nil
	}
	dir, err := os.MkdirTemp("", "taskflow-dry-run-")
	if err != nil {
		return nil, err
	}
	a.database = filepath.Join(dir, "empty.db")
	return func() { os.RemoveAll(dir) }, nil
}

// rehearse runs one tick on a copy and prints what it plans and starts.
func (a *app) rehearse(l loopContext, s *scheduler.Scheduler) error {
	st, release, err := rehearsal(l)
	if err != nil {
		return err
	}
	defer release()
	if err := st.Define(l.ctx, a.now(), l.defs, true); err != nil {
		return err
	}
	n := &narrator{Store: st}
	s.Store = n
	if _, err := s.Tick(l.ctx, a.now()); err != nil {
		return err
	}
	if a.json {
		return a.print(map[string]any{"planned": append([]plannedRow{}, n.planned...), "started": n.started})
	}
	for _, p := range n.planned {
		fmt.Fprintf(a.out, "would %s\n", p)
	}
	fmt.Fprintf(a.out, "would start %s\n", count(n.started, "workflow run"))
	return nil
}

// narrator notes what a scheduler writes.
type narrator struct {
	*sqlite.Store
	planned []plannedRow
	started int
}

type plannedRow struct {
	Kind     store.Kind `json:"kind"`
	Name     string     `json:"name"`
	RunAt    time.Time  `json:"run_at,omitzero"`
	Dequeued string     `json:"dequeued,omitempty"` // why the planned instance is taken out
}

func (p plannedRow) String() string {
	if p.RunAt.IsZero() {
		return fmt.Sprintf("dequeue the planned instance of %s %s: %s", p.Kind, p.Name, p.Dequeued)
	}
	return fmt.Sprintf("queue %s %s for %s", p.Kind, p.Name, p.RunAt.Format(time.RFC3339))
}

func (n *narrator) Plan(ctx context.Context, now time.Time, term store.Term, p store.Plan) error {
	err := n.Store.Plan(ctx, now, term, p)
	if err == nil && (p.Withdraw != "" || !p.Queue.IsZero()) {
		n.planned = append(n.planned, plannedRow{p.Kind, p.Name, p.Queue, p.Withdraw})
	}
	return err
}

func (n *narrator) StartRuns(ctx context.Context, now time.Time, term store.Term, workflow string) (int, time.Time, error) {
	started, next, err := n.Store.StartRuns(ctx, now, term, workflow)
	n.started += started
	return started, next, err
}

// rehearseClaim claims once on a copy and prints what it got.
func (a *app) rehearseClaim(l loopContext, w *worker.Worker) error {
	st, release, err := rehearsal(l)
	if err != nil {
		return err
	}
	defer release()
	if err := st.Define(l.ctx, a.now(), l.defs, false); err != nil {
		return err
	}
	claimed, err := st.Claim(l.ctx, a.now(), store.ClaimRequest{WorkerID: w.ID, Slots: w.Slots, Tasks: store.NamesOf(w.Tasks...)})
	if err != nil {
		return err
	}
	type row struct {
		ID    int64     `json:"id"`
		Task  string    `json:"task_name"`
		RunAt time.Time `json:"run_at"`
	}
	rows := []row{}
	for _, c := range claimed.Instances {
		rows = append(rows, row{c.ID, c.Instance.TaskName, c.Instance.RunAt})
	}
	if a.json {
		return a.print(rows)
	}
	for _, r := range rows {
		fmt.Fprintf(a.out, "would run task instance %d of %s, due %s\n", r.ID, r.Task, r.RunAt.Format(time.RFC3339))
	}
	fmt.Fprintf(a.out, "would run %s\n", count(len(rows), "instance"))
	return nil
}
