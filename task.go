package taskflow

import (
	"context"
	"math"
	"time"
)

// Values that mean "none" where a field's zero value means its default.
const (
	// Unlimited as a Concurrency lets any number of instances run at once.
	Unlimited = math.MaxInt
	// NoTimeout as a Timeout lets an attempt run for as long as it takes.
	NoTimeout = time.Duration(math.MaxInt64)
	// NoDelay as a RetryDelay retries at once.
	NoDelay = time.Nanosecond
)

// The values that unset fields of a definition take.
const (
	DefaultConcurrency = 1
	DefaultTimeout     = 300 * time.Second
	DefaultRetryDelay  = 300 * time.Second
	DefaultMissedLimit = 100
)

// Task is one runnable thing: Go code (Executor) or a bash command (Command).
// It stands alone, with a schedule of its own, or belongs to a [Workflow].
// Zero values are the defaults; only Name and something to run are required.
type Task struct {
	// Name is unique among all tasks, also those of workflows:
	// 1–128 characters of A-Z a-z 0-9 _ . -
	Name string
	// Active is used when the name first meets the database; afterwards the
	// database's value, set by people, wins. Only an active task is scheduled.
	Active bool
	// Title and Description are for people.
	Title, Description string
	// Concurrency is how many instances may run at once, 1 if unset.
	Concurrency int
	// SLA is how long after its time a scheduled instance should have started.
	SLA time.Duration
	// Schedule says when it runs by itself. A task of a workflow has none.
	Schedule Schedule
	// DefaultPriority is the priority of instances that name none; that of the
	// run, or normal, if unset.
	DefaultPriority Priority

	// Executor runs the task in Go. Exactly one of Executor and Command is
	// set, or neither for a task that a push destination knows how to run.
	Executor Executor
	// Command is a bash script.
	Command string
	// WorkingDir is where Command runs; the process's own folder if empty.
	WorkingDir string
	// Env is added to the environment of Command.
	Env map[string]string
	// InputFile and OutputFile are streamed to the Command's standard input
	// and from its standard output. $VAR in them is expanded. The output file
	// appears whole, after success, or not at all.
	InputFile, OutputFile string

	// Retries is how many more times a failed instance is tried.
	Retries int
	// Timeout ends an attempt this long after its claim, 300 s if unset.
	Timeout time.Duration
	// RetryDelay is the wait between attempts, 300 s if unset.
	RetryDelay time.Duration
	// RetryBackoff is BackoffConstant if unset.
	RetryBackoff Backoff
	// MaxRetryDelay caps an exponential RetryDelay; no cap if unset.
	MaxRetryDelay time.Duration
	// RetryJitter, 0–1, varies each delay at random by up to that fraction.
	RetryJitter float64

	// Params reach the code; an instance's own params lie over them key by key.
	Params Params
	// ParamsSchema is a JSON Schema (draft 2020-12 or 7) that an instance's
	// params must satisfy when it is queued.
	ParamsSchema map[string]any
	// PushDestination names the push worker that runs the task elsewhere.
	PushDestination string
	// DependsOn names tasks of the same workflow that must end first.
	DependsOn []string
	// RunIf says how they must have ended, AllSuccess if unset.
	RunIf RunIf

	workflow string
}

// Workflow returns the name of the workflow the task belongs to, "" for none.
// It is known of tasks that come out of [Taskflow.Definitions].
func (t *Task) Workflow() string { return t.workflow }

// RunIf is the condition on its dependencies under which a task runs.
type RunIf string

// The conditions. A dependency that was skipped or dequeued has ended without
// success, and has not failed.
const (
	AllSuccess RunIf = "all_success" // all ended in success
	AllDone    RunIf = "all_done"    // all ended, whatever the outcome
	OneFailed  RunIf = "one_failed"  // at least one failed
	OneSuccess RunIf = "one_success" // at least one ended in success
)

// Backoff is how the delay between attempts grows.
type Backoff string

// The growths of a retry delay.
const (
	BackoffConstant    Backoff = "constant"
	BackoffExponential Backoff = "exponential" // doubles from attempt to attempt
)

// Delay returns the wait before the attempt that follows the given one
// (counted from 1). random is a number in [0, 1) for the jitter.
func (t *Task) Delay(attempt int, random float64) time.Duration {
	d := float64(t.RetryDelay)
	if t.RetryBackoff == BackoffExponential {
		d *= math.Pow(2, float64(max(attempt, 1)-1))
	}
	if t.MaxRetryDelay > 0 {
		d = math.Min(d, float64(t.MaxRetryDelay))
	}
	d *= 1 + t.RetryJitter*(2*random-1)
	// A century is past every use and well inside a Duration.
	return time.Duration(math.Min(d, float64(100*365*24*time.Hour)))
}

// Executor runs one attempt of a task in Go.
//
// The context ends when the attempt times out, is cancelled, loses its claim
// or its worker shuts down; Execute should then return soon. The result is
// kept as JSON, at most [MaxResult] bytes, and dependent tasks can read it;
// nil keeps none. A returned error fails the attempt, and so does a panic.
type Executor interface {
	Execute(ctx context.Context, ti *TaskInstance) (result any, err error)
}

// Func lets a plain function be an [Executor].
type Func func(ctx context.Context, ti *TaskInstance) (result any, err error)

// Execute calls f.
func (f Func) Execute(ctx context.Context, ti *TaskInstance) (any, error) { return f(ctx, ti) }
