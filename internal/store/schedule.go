package store

import (
	"time"

	"github.com/taskflow-run/taskflow"
)

// Kind tells tasks from workflows where a table or a method holds both.
type Kind string

// The kinds of things that have a schedule.
const (
	WorkflowKind Kind = "workflow"
	TaskKind     Kind = "task"
)

// Planning is what a decision about a schedule's next fire rests on.
type Planning struct {
	Kind        Kind
	Name        string
	Schedule    taskflow.Schedule
	Active      bool // and not retired
	Concurrency int  // 0 is unlimited

	// FiredUntil is the time up to which fires are accounted for; zero if
	// the schedule never was planned.
	FiredUntil time.Time
	// Pauses are when it was inactive since then.
	Pauses []Span
	// Was is the schedule, as far as its times go, that it was planned with,
	// if that is another than now.
	Was *taskflow.Schedule
	// Latest is the scheduled instance that was planned last, if any.
	Latest *Planned
	// Version guards the plan: it is void once the schedule has another.
	Version int64
}

// Span is a stretch of time, after From and up to Until; without an end if
// Until is zero.
type Span struct{ From, Until time.Time }

// Contains reports whether t is part of the span.
func (s Span) Contains(t time.Time) bool {
	return t.After(s.From) && (s.Until.IsZero() || !t.After(s.Until))
}

// Planned is a scheduled instance.
type Planned struct {
	ID        int64
	RunAt     time.Time
	Status    taskflow.Status
	StartedAt time.Time
	EndedAt   time.Time
}

// Plan is a decision about a schedule.
type Plan struct {
	Kind    Kind
	Name    string
	Version int64 // as it was read
	// Fires are recorded in schedule_fires.
	Fires []Fire
	// Withdraw, if not empty, is why the planned instance is dequeued. Its
	// fire is forgotten if it has not come yet.
	Withdraw string
	// Queue is the fire to queue an instance for, zero for none.
	Queue time.Time
	// FiredUntil is the new value.
	FiredUntil time.Time
	// Unfinished says that more is to be decided: the schedule stays unplanned.
	Unfinished bool
}

// Fire is one time of a schedule and what became of it.
type Fire struct {
	At      time.Time
	Outcome FireOutcome
	Reason  string
}

// FireOutcome is what became of a fire.
type FireOutcome string

// The outcomes of a fire. A fire that is queued is recorded by [Plan.Queue].
const (
	FireQueued     FireOutcome = "queued"
	FireCoalesced  FireOutcome = "coalesced"         // a later missed fire ran for it
	FireOverlapped FireOutcome = "overlapped"        // the run before it was still under way
	FireSkipped    FireOutcome = "skipped"           // by missed, missed_limit or on_resume
	FireOutside    FireOutcome = "outside start/end" // before start_date or after end_date
)
