package taskflow

import (
	"fmt"
	"time"

	"github.com/taskflow-run/taskflow/cron"
)

// Workflow is a graph of tasks that runs as one. Each task starts as soon as
// its own dependencies allow; there are no steps to wait for. Zero values are
// the defaults.
type Workflow struct {
	// Name is unique among workflows: 1–128 characters of A-Z a-z 0-9 _ . -
	Name string
	// Active is used when the name first meets the database; afterwards the
	// database's value, set by people, wins.
	Active bool
	// Title and Description are for people.
	Title, Description string
	// Concurrency is how many runs may be under way at once, 1 if unset.
	Concurrency int
	// SLA is how long after its time a scheduled run should have started.
	SLA time.Duration
	// Schedule says when it runs by itself.
	Schedule Schedule
	// DefaultPriority is the priority of runs that name none, normal if unset.
	DefaultPriority Priority
	// OnFailure says what a failed task does to the others, OnFailureStop if
	// unset.
	OnFailure OnFailure
	// Tasks are the nodes of the graph; their DependsOn are its edges.
	Tasks []*Task
}

// OnFailure is what happens to the rest of a run when a task failed for good.
type OnFailure string

// What a failed task does to its run.
const (
	// OnFailureStop dequeues what waits, except tasks whose RunIf a failure
	// can meet (AllDone, OneFailed); what runs may finish.
	OnFailureStop OnFailure = "stop"
	// OnFailureContinue lets branches that do not need the failed task go on.
	OnFailureContinue OnFailure = "continue"
)

// Schedule says when a task or workflow runs by itself. The zero value means
// only on demand.
type Schedule struct {
	// Cron is a cron expression; package cron says which there are.
	Cron string
	// Timezone is the IANA zone of the expression, UTC if unset.
	Timezone string
	// Missed says what happens to fires that were missed while no scheduler
	// ran, or overlapped by a long run; MissedLatest if unset.
	Missed Missed
	// MissedLimit is how many missed fires MissedAll makes up for, 100 if unset.
	MissedLimit int
	// OnResume is the same choice for fires that fell into a time when the
	// schedule was inactive; MissedNone if unset.
	OnResume Missed
	// DSTGap and DSTOverlap say what a fixed local time does that does not
	// exist, or occurs twice; after the gap, and the first, if unset.
	DSTGap     cron.Gap
	DSTOverlap cron.Overlap
	// Start and End bound the fires, both inclusive; unbounded if zero.
	Start, End time.Time
}

// Missed is a choice among fires that lie in the past.
type Missed string

// The choices.
const (
	MissedLatest Missed = "latest" // run the most recent one only
	MissedAll    Missed = "all"    // run every one, in order, up to the limit
	MissedNone   Missed = "none"   // skip to the next future one
)

// Parse returns the schedule's cron expression, ready to be asked for times.
func (s Schedule) Parse() (*cron.Schedule, error) {
	zone, err := s.Zone()
	if err != nil {
		return nil, err
	}
	return cron.Parse(s.Cron, cron.Options{Location: zone, Gap: s.DSTGap, Overlap: s.DSTOverlap})
}

// Zone returns the location that Timezone names.
func (s Schedule) Zone() (*time.Location, error) {
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil || s.Timezone == "Local" {
		return nil, fmt.Errorf("unknown time zone %q; write an IANA name such as America/New_York", s.Timezone)
	}
	return zone, nil
}
