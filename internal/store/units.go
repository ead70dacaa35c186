package store

import (
	"math/rand/v2"
	"time"

	"github.com/taskflow-run/taskflow"
)

// Databases say "no limit" with 0, definitions with a very large value. These
// functions translate; every store uses them.

// Limit returns a concurrency as databases hold it.
func Limit(concurrency int) int {
	if concurrency == taskflow.Unlimited {
		return 0
	}
	return concurrency
}

// Timeout returns a timeout in seconds, as databases hold it.
func Timeout(d time.Duration) float64 {
	if d == taskflow.NoTimeout {
		return 0
	}
	return d.Seconds()
}

// TimeoutOf returns the timeout that a database holds.
func TimeoutOf(seconds float64) time.Duration {
	if seconds == 0 {
		return taskflow.NoTimeout
	}
	return Seconds(seconds)
}

// Seconds returns a number of seconds as a duration.
func Seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second))
}

// RetryIn returns how long to wait before the attempt that follows the
// instance's latest. The instance's own delay counts, as it was when it was
// queued; how it grows and varies is the definition's.
func RetryIn(defs *taskflow.Definitions, ti *taskflow.TaskInstance) time.Duration {
	var t taskflow.Task
	if def := defs.Task(ti.TaskName); def != nil {
		t = *def
	}
	t.RetryDelay = ti.RetryDelay
	return t.Delay(ti.Attempts, rand.Float64())
}
