package taskflow

import (
	"context"
	"encoding/json"
)

// PushWorker hands task instances to a place that runs them elsewhere, such as
// a cluster. It is added under the name that tasks give as their
// push_destination. The pusher calls it from one goroutine a destination, on
// the process that leads; a slow one delays no other.
type PushWorker interface {
	// Push submits an attempt and returns how the place describes it. name is
	// the same whenever the same attempt is pushed again, after a crash between
	// the submission and the record of it: a job of that name that is there
	// already is the one.
	Push(ctx context.Context, ti *TaskInstance, name string) (state json.RawMessage, err error)
	// Sync reports how pushed instances are doing. Those of which there is
	// nothing new may be left out.
	Sync(ctx context.Context, pushed []*TaskInstance) ([]PushUpdate, error)
	// Stop ends the remote job of an instance, if it is still there: the
	// instance was cancelled or has timed out.
	Stop(ctx context.Context, ti *TaskInstance) error
}

// PushUpdate is how a pushed instance is doing.
type PushUpdate struct {
	ID     int64  // of the instance
	Status Status // Pushed, Running, Success or Failed
	// State is the place's own description, kept in push_state; nil for no change.
	State json.RawMessage
	// Result is the result of a success, nil for none.
	Result json.RawMessage
	// Reason says why it failed.
	Reason string
}
