package taskflow

// Status is the state of a task or workflow instance.
//
//	queued → running → success | failed
//	            ↓ ↑
//	           retry          between attempts
//
// An instance that lies with a push destination is pushed. One that a person
// or its workflow took out before it ended is dequeued; one whose run_if can
// no longer hold is skipped.
type Status string

// The states of an instance.
const (
	Queued   Status = "queued"
	Pushed   Status = "pushed"
	Running  Status = "running"
	Retry    Status = "retry"
	Dequeued Status = "dequeued"
	Failed   Status = "failed"
	Success  Status = "success"
	Skipped  Status = "skipped"
)

// Terminal reports whether an instance in this state has ended. A terminal
// instance changes again only by an explicit rerun.
func (s Status) Terminal() bool {
	switch s {
	case Success, Failed, Dequeued, Skipped:
		return true
	}
	return false
}

// Priority orders the queue: critical before high before normal before low.
type Priority string

// The priorities, most urgent first.
const (
	Critical Priority = "critical"
	High     Priority = "high"
	Normal   Priority = "normal"
	Low      Priority = "low"
)

// Priorities lists every priority, most urgent first.
var Priorities = []Priority{Critical, High, Normal, Low}
