// Package store says what the loops need of a database, and holds the rules
// that are the same on every database. The packages below it, one a dialect,
// keep the promises; storetest checks that they do.
//
// # State changes
//
// Every change of an instance's state is one method here:
//
//	from                   to                      by          method         guard
//	–                      queued                  anyone      EnqueueTask,   no unfinished instance with the
//	                                                           EnqueueRun     same unique key
//	–                      queued                  leader      Plan           the fire is not in schedule_fires yet
//	–                      queued, skipped,        anyone      Advance        the run is running; one row per task
//	                       dequeued                                           and run
//	queued (run)           running                 anyone      StartRuns      due; concurrency of the workflow
//	queued, retry          pushed                  leader      ClaimPushes    the same as for Claim
//	pushed                 running                 leader      SetPush        the claim number is the row's
//	queued, retry          running                 worker      Claim          due; concurrency of the task, counted
//	                                                                          in the claiming transaction
//	running, pushed        success, failed,        worker,     Record         it has not ended and the claim number
//	                       retry, queued,          leader                     is the row's
//	                       dequeued
//	queued, retry          dequeued                anyone      Cancel,        not terminal
//	                                                           Advance, Plan,
//	                                                           Define
//	running (run)          success, failed,        anyone      Advance        every task has ended
//	                       dequeued
//
// Terminal states (success, failed, dequeued, skipped) never change here.
//
// # Time
//
// Every method that decides by the time is given it. Only heartbeats and
// leases, which several hosts must agree on, go by the database's own clock.
package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/taskflow-run/taskflow"
)

// Store is a database. All methods are safe for concurrent use, by many
// processes on one database.
type Store interface {
	Schema
	Definitions
	Queue
	Attempts
	Pushes
	Runs
	Schedules
	Reads
	Signals
	// Describe names the database for people, without secrets.
	Describe() string
	Close() error
}

// Schema creates the tables and brings them up to date.
type Schema interface {
	// Migrate applies what is missing, one transaction a step, and returns
	// the names of the steps it applied. On a current schema it does nothing.
	Migrate(ctx context.Context) ([]string, error)
	// Check returns a [*SchemaError] unless the schema is the one this
	// program needs.
	Check(ctx context.Context) error
}

// Definitions keeps the definitions of tasks and workflows.
type Definitions interface {
	// Define writes the definitions. The active state of a name that is
	// already there stays as it is. With retire, names that are not among
	// them are marked as retired; they keep their rows and history.
	Define(ctx context.Context, now time.Time, defs *taskflow.Definitions, retire bool) error
}

// Queue takes in what is to run and takes it out again.
type Queue interface {
	// EnqueueTask queues an instance of a defined task and returns its id.
	// An unfinished instance with the same unique key is a
	// [*taskflow.DuplicateError], an undefined name a [*taskflow.UnknownError].
	EnqueueTask(ctx context.Context, now time.Time, r Request) (int64, error)
	// EnqueueRun does the same for a workflow.
	EnqueueRun(ctx context.Context, now time.Time, r Request) (int64, error)
	// CancelRun dequeues what waits in a run and asks the workers of what
	// runs to stop it. A run that has ended is left alone.
	CancelRun(ctx context.Context, now time.Time, id int64, reason string) error
	// CancelTask does the same for one instance.
	CancelTask(ctx context.Context, now time.Time, id int64, reason string) error
}

// Attempts hands instances to workers and takes the outcomes back.
type Attempts interface {
	// Claim gives a worker up to Slots due instances, as running, in the
	// order priority, run_at, id. No task ever exceeds its concurrency.
	Claim(ctx context.Context, now time.Time, r ClaimRequest) (Claimed, error)
	// Record ends attempts and reports which of them still had their claim;
	// for the others nothing was written.
	Record(ctx context.Context, now time.Time, outcomes []Outcome) ([]bool, error)
	// AppendLog adds lines to the logs of attempts, and removes those that
	// the cap of an attempt's log no longer has room for.
	AppendLog(ctx context.Context, entries []LogEntry) error
	// Beat says that the worker lives, by the database's clock.
	Beat(ctx context.Context, w Worker) error
	// Stops returns those of the claims that the worker must end: cancelled,
	// or lost to another.
	Stops(ctx context.Context, held []Claim) ([]Stop, error)
	// Leave forgets a worker that has stopped.
	Leave(ctx context.Context, workerID string) error
	// Lost returns the attempts whose worker has been silent for longer than
	// that, by the database's clock, or is unknown. It forgets such workers.
	Lost(ctx context.Context, silence time.Duration) ([]Attempt, error)
}

// Pushes hands instances to push destinations and keeps what is known of them.
// Their ends are recorded with [Attempts].Record.
type Pushes interface {
	// ClaimPushes takes up to limit due instances of the tasks, as pushed.
	ClaimPushes(ctx context.Context, now time.Time, term Term, tasks Names, limit int) ([]Attempt, error)
	// Pushed returns what lies with a push destination for the tasks.
	Pushed(ctx context.Context, tasks Names) ([]PushedAttempt, error)
	// SetPush keeps the remote state of an attempt, and whether it runs. It
	// reports whether the claim still held.
	SetPush(ctx context.Context, now time.Time, term Term, c Claim, status taskflow.Status, state json.RawMessage) (bool, error)
}

// PushedAttempt is an instance that lies with a push destination.
type PushedAttempt struct {
	Attempt
	Cancelled bool // its job is to be stopped
}

// Runs moves workflow instances along.
type Runs interface {
	// StartRuns starts due runs as far as the concurrency of their workflows
	// allows, only those of one workflow if it is named. It returns how many,
	// and when the next one that only waits for its time is due.
	StartRuns(ctx context.Context, now time.Time, term Term, workflow string) (int, time.Time, error)
	// Advance looks at runs in which a task has ended since it last looked,
	// queues what may now run, and ends runs in which nothing is left.
	// It returns how many runs it looked at.
	Advance(ctx context.Context, now time.Time, term Term, workflow string) (int, error)
}

// Schedules plans fires, under a leadership.
type Schedules interface {
	// Lead takes or renews the leadership for ttl, by the database's clock. A zero Term and no error mean that another holds it.
	Lead(ctx context.Context, holder string, ttl time.Duration) (Term, error)
	// Resign gives the leadership up, if it is still the holder's.
	Resign(ctx context.Context, term Term) error
	// Unplanned returns schedules whose plan may have to change: new or
	// changed ones, and those whose latest instance started or ended.
	Unplanned(ctx context.Context, limit int) ([]Planning, error)
	// Plan carries a decision out in one transaction: fires are recorded, and
	// the instance is queued, moved or dequeued. [ErrStale] means that the
	// schedule changed since it was read, and nothing was written.
	Plan(ctx context.Context, now time.Time, term Term, plan Plan) error
}

// Reads are the questions that commands ask.
type Reads interface {
	// TaskInstance and WorkflowInstance return [taskflow.ErrNotFound] for an
	// id that is not there.
	TaskInstance(ctx context.Context, id int64) (*taskflow.TaskInstance, error)
	WorkflowInstance(ctx context.Context, id int64) (*taskflow.WorkflowInstance, error)
	// RunTasks returns the instances of a run, in the order they were queued.
	RunTasks(ctx context.Context, runID int64) ([]*taskflow.TaskInstance, error)
	// Unfinished returns the ids of a workflow's runs that have not ended.
	Unfinished(ctx context.Context, workflow string) ([]int64, error)
	// Log returns up to limit lines of an instance after a position; the
	// zero position is the start.
	Log(ctx context.Context, id int64, after LogPosition, limit int) ([]LogLine, error)
	// LogTail returns the last n lines of an instance's latest attempt.
	LogTail(ctx context.Context, id int64, n int) ([]LogLine, error)
}

// Signals wake loops. A channel is closed at the next change after it was
// asked for, so: ask, look, then wait. Changes by other processes are noticed
// within some milliseconds.
type Signals interface {
	// Queued closes when there may be something to claim.
	Queued() <-chan struct{}
	// Ended closes when there may be something for the scheduler to do.
	Ended() <-chan struct{}
}

// Request asks for an instance. Zero values take the definition's.
type Request struct {
	Name     string
	RunAt    time.Time // now if zero
	Priority taskflow.Priority
	Unique   string
	Params   taskflow.Params
	// WorkflowInstanceID makes a task instance part of a run.
	WorkflowInstanceID int64
}

// Worker is a process that claims.
type Worker struct {
	ID    string
	Host  string
	PID   int
	Slots int
}

// Names is a set of names.
type Names map[string]bool

// NamesOf returns the set of the names given.
func NamesOf(names ...string) Names {
	set := make(Names, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// ClaimRequest is what a worker has room for.
type ClaimRequest struct {
	WorkerID string
	Slots    int
	Tasks    Names // that the worker can run
	ID       int64 // only this instance, if not 0
	// Only tasks of the runs from FirstRun to LastRun, if that is not 0.
	FirstRun, LastRun int64
}

// Claimed is what a worker got.
type Claimed struct {
	Instances []Attempt
	// Next is when the next waiting instance is due, zero if none is.
	Next time.Time
}

// Claim identifies one claim of one instance. Number only ever grows, so a
// write under an older claim never hits.
type Claim struct {
	ID     int64
	Number int64
}

// Attempt is a claimed instance.
type Attempt struct {
	Claim
	Instance *taskflow.TaskInstance
}

// Stop tells a worker to end an attempt that it runs.
type Stop struct {
	Claim
	Cancelled bool // asked for by a person; otherwise the claim is lost
}

// OutcomeKind is how an attempt ended.
type OutcomeKind string

// The outcomes.
const (
	Succeeded OutcomeKind = "success"
	Failed    OutcomeKind = "failed"
	Released  OutcomeKind = "released" // cut off by a shutdown: queued again, not counted
	Cancelled OutcomeKind = "cancelled"
)

// Outcome ends an attempt.
type Outcome struct {
	Claim
	Kind   OutcomeKind
	Result json.RawMessage // of a success, nil for none
	Reason string          // of a failure
	Event  string          // why it failed, if out of the ordinary: "timed out", "worker lost"
	// RetryIn is the delay before the next attempt, if one is left.
	RetryIn time.Duration
	Log     []LogEntry // the last lines, written in the same transaction
}

// LogEntry is a change to an attempt's log: a line, or the removal of lines.
type LogEntry struct {
	Claim
	Attempt int
	Line    int // position within the attempt, from 1
	Time    time.Time
	Stream  string // "stdout", "stderr", "taskflow"
	Text    string
	// DropTo > 0 removes the lines Line to DropTo before the line is written.
	DropTo int
}

// LogPosition is a place in an instance's log.
type LogPosition struct{ Claim, Line int64 }

// LogLine is a line read back.
type LogLine struct {
	Position LogPosition `json:"-"`
	Attempt  int         `json:"attempt"`
	Line     int64       `json:"line"`
	Time     time.Time   `json:"time"`
	Stream   string      `json:"stream"`
	Text     string      `json:"text"`
}

// Term is one leadership. The zero Term is nobody's; methods that take a Term
// run unfenced with it, which is right where any process may do the work.
type Term struct {
	Holder string
	Epoch  int64
}
