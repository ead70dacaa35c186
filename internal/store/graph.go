package store

import (
	"encoding/json"
	"fmt"

	"github.com/taskflow-run/taskflow"
)

// Graph is what a run needs to know of its workflow. It is stored once a
// version, and a run keeps the one it started with.
type Graph struct {
	OnFailure taskflow.OnFailure `json:"on_failure"`
	Tasks     []GraphTask        `json:"tasks"` // dependencies before dependents

	index map[string]int
}

// GraphTask is a node of a [Graph].
type GraphTask struct {
	Name        string            `json:"name"`
	DependsOn   []string          `json:"depends_on,omitempty"`
	RunIf       taskflow.RunIf    `json:"run_if"`
	Priority    taskflow.Priority `json:"priority,omitempty"` // the run's, if empty
	Params      taskflow.Params   `json:"params,omitempty"`
	MaxAttempts int               `json:"max_attempts"`
	Timeout     float64           `json:"timeout"` // seconds, 0 is none
	RetryDelay  float64           `json:"retry_delay"`
	Push        bool              `json:"push,omitempty"`
}

// NewGraph returns the graph of a workflow, sorted so that each task stands
// after those it depends on, else in the order of definition.
func NewGraph(w *taskflow.Workflow) *Graph {
	g := &Graph{OnFailure: w.OnFailure}
	byName := map[string]*taskflow.Task{}
	for _, t := range w.Tasks {
		byName[t.Name] = t
	}
	placed := map[string]bool{}
	var place func(t *taskflow.Task)
	place = func(t *taskflow.Task) {
		if placed[t.Name] {
			return
		}
		placed[t.Name] = true
		for _, name := range t.DependsOn {
			place(byName[name])
		}
		g.Tasks = append(g.Tasks, GraphTask{
			Name: t.Name, DependsOn: t.DependsOn, RunIf: t.RunIf,
			Priority: t.DefaultPriority, Params: t.Params,
			MaxAttempts: t.Retries + 1, Timeout: Timeout(t.Timeout), RetryDelay: t.RetryDelay.Seconds(),
			Push: t.PushDestination != "",
		})
	}
	for _, t := range w.Tasks {
		place(t)
	}
	g.buildIndex()
	return g
}

// ParseGraph returns the graph that was stored as JSON.
func ParseGraph(raw string) (*Graph, error) {
	g := &Graph{}
	if err := json.Unmarshal([]byte(raw), g); err != nil {
		return nil, fmt.Errorf("stored graph: %w", err)
	}
	g.buildIndex()
	return g, nil
}

func (g *Graph) buildIndex() {
	g.index = make(map[string]int, len(g.Tasks))
	for i, t := range g.Tasks {
		g.index[t.Name] = i
	}
}

// Decision says how a run goes on. Tasks that it does not name stay as they
// are.
type Decision struct {
	Queue   []*GraphTask // no instance yet: may run now
	Skip    []*GraphTask // no instance yet: its run_if can no longer hold
	Drop    []*GraphTask // no instance yet: the run has stopped, it will not be queued
	Dequeue []string     // waiting instances that the run takes out
	// End is the state the run ends in, "" while something is left to do.
	End taskflow.Status
}

// Decide applies semantics §5 to a run: status holds the state of every
// instance of the run, by task.
func (g *Graph) Decide(status map[string]taskflow.Status, cancelled bool) Decision {
	var d Decision
	failed := false
	for _, s := range status {
		failed = failed || s == taskflow.Failed
	}
	stopped := cancelled || failed && g.OnFailure != taskflow.OnFailureContinue

	now := make(map[string]taskflow.Status, len(g.Tasks))
	for i := range g.Tasks {
		t := &g.Tasks[i]
		s, exists := status[t.Name]
		// Clean-up and alerts, whose run_if a failure can meet, outlive a
		// stopped run; nothing outlives a cancelled one.
		exempt := !cancelled && (t.RunIf == taskflow.AllDone || t.RunIf == taskflow.OneFailed)
		switch {
		case exists && stopped && !exempt && (s == taskflow.Queued || s == taskflow.Retry):
			d.Dequeue = append(d.Dequeue, t.Name)
			s = taskflow.Dequeued
		case exists:
		default:
			switch verdict := t.verdict(now); {
			case verdict == never:
				d.Skip = append(d.Skip, t)
				s = taskflow.Skipped
			case stopped && !exempt:
				d.Drop = append(d.Drop, t)
				s = taskflow.Dequeued
			case verdict == ready:
				d.Queue = append(d.Queue, t)
				s = taskflow.Queued
			}
		}
		now[t.Name] = s
	}
	d.End = end(now, cancelled)
	return d
}

// end is the state of a run in which every task has the state given, "" if
// one of them has not ended.
func end(status map[string]taskflow.Status, cancelled bool) taskflow.Status {
	result := taskflow.Success
	for _, s := range status {
		switch {
		case !s.Terminal():
			return ""
		case s == taskflow.Failed, s == taskflow.Dequeued:
			result = taskflow.Failed
		}
	}
	if cancelled {
		return taskflow.Dequeued
	}
	return result
}

type verdict int

const (
	wait  verdict = iota
	ready         // the run_if holds
	never         // the run_if can no longer hold
)

// verdict applies the task's run_if to the states of its dependencies. A
// skipped or dequeued dependency has ended without success, and not failed.
func (t *GraphTask) verdict(status map[string]taskflow.Status) verdict {
	var open, succeeded, failed int
	for _, name := range t.DependsOn {
		switch s := status[name]; {
		case !s.Terminal():
			open++
		case s == taskflow.Success:
			succeeded++
		case s == taskflow.Failed:
			failed++
		}
	}
	all := len(t.DependsOn)
	var holds, lost bool
	switch t.RunIf {
	case taskflow.AllDone:
		holds = open == 0
	case taskflow.OneFailed:
		holds, lost = failed > 0, open == 0
	case taskflow.OneSuccess:
		holds, lost = succeeded > 0, open == 0
	default: // all_success
		holds, lost = succeeded == all, succeeded+open < all
	}
	switch {
	case holds:
		return ready
	case lost:
		return never
	}
	return wait
}

// Task returns the node of that name, nil if there is none.
func (g *Graph) Task(name string) *GraphTask {
	i, ok := g.index[name]
	if !ok {
		return nil
	}
	return &g.Tasks[i]
}
