package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// attempt is one execution under way.
type attempt struct {
	claim   store.Claim
	ti      *taskflow.TaskInstance
	cancel  context.CancelCauseFunc
	log     *attemptLog
	outcome store.Outcome // once it has ended
}

// start runs a claimed instance in a goroutine, which ends by handing the
// attempt to done.
func (w *Worker) start(claimed store.Attempt) *attempt {
	ti := claimed.Instance
	a := &attempt{claim: claimed.Claim, ti: ti, log: newLog(claimed.Claim, ti.Attempts, w)}
	ctx, cancel := context.WithCancelCause(context.Background())
	a.cancel = cancel
	release := func() {}
	if ti.Timeout != taskflow.NoTimeout {
		ctx, release = context.WithTimeoutCause(ctx, ti.Timeout, timeoutError{ti.Timeout})
	}
	go func() {
		stdout, stderr := a.log.stream("stdout"), a.log.stream("stderr")
		ti.Stdout, ti.Stderr = stdout, stderr
		result, err := w.supervise(ctx, ti)
		stdout.close()
		stderr.close()
		a.outcome = w.judge(ctx, a, result, err)
		release()
		cancel(nil)
		w.done <- a
	}()
	return a
}

// errLeft is the end of code that does not heed its context.
var errLeft = errors.New("the code did not stop and was left behind")

// supervise runs the task's code and waits for it, but not for long once its
// context has ended.
func (w *Worker) supervise(ctx context.Context, ti *taskflow.TaskInstance) (json.RawMessage, error) {
	type end struct {
		result json.RawMessage
		err    error
	}
	ended := make(chan end, 1)
	go func() {
		e := end{err: errors.New("the code ended its goroutine")} // if it calls runtime.Goexit
		defer func() { ended <- e }()
		e.result, e.err = w.execute(ctx, ti)
	}()
	select {
	case e := <-ended:
		return e.result, e.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(w.StopGrace)
	defer timer.Stop()
	select {
	case e := <-ended:
		return e.result, e.err
	case <-timer.C:
		return nil, errLeft
	}
}

// execute runs the task's code. A panic is an error, with its stack in the log.
func (w *Worker) execute(ctx context.Context, ti *taskflow.TaskInstance) (result json.RawMessage, err error) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(ti.Stderr, "panic: %v\n\n%s", p, debug.Stack())
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	task := w.Defs.Task(ti.TaskName)
	if task == nil {
		return nil, fmt.Errorf("task %q is not defined here", ti.TaskName)
	}
	ti.Params = ti.Params.Over(task.Params)
	executor := task.Executor
	if executor == nil {
		executor = w.Command(task)
	}
	value, err := executor.Execute(ctx, ti)
	if err != nil || value == nil {
		return nil, err
	}
	return encodeResult(value)
}

func encodeResult(value any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, fmt.Errorf("the result is not JSON: %w", err)
	}
	raw := bytes.TrimSpace(b.Bytes())
	if len(raw) > taskflow.MaxResult {
		return nil, fmt.Errorf("the result has %d bytes of JSON, at most %d are kept; hand on a path or a key instead", len(raw), taskflow.MaxResult)
	}
	return raw, nil
}

// judge says how an attempt ended. Once its time was over it has failed,
// whatever its code returned.
func (w *Worker) judge(ctx context.Context, a *attempt, result json.RawMessage, err error) store.Outcome {
	o := store.Outcome{Claim: a.claim, Kind: store.Succeeded, Result: result}
	cause := context.Cause(ctx)
	var timeout timeoutError
	switch {
	case errors.As(cause, &timeout):
		o.Kind, o.Event, o.Reason = store.Failed, "timed out", timeout.Error()
	case err == nil:
	case errors.Is(cause, errCancelled):
		o.Kind, o.Reason = store.Cancelled, "cancelled while it was running"
	case errors.Is(cause, errShutdown):
		o.Kind, o.Reason = store.Released, "cut off by a shutdown of its worker"
	default:
		o.Kind, o.Reason = store.Failed, err.Error()
	}
	if o.Kind == store.Failed {
		o.RetryIn = store.RetryIn(w.Defs, a.ti)
	}
	if errors.Is(err, errLeft) {
		o.Reason += "; " + errLeft.Error()
	}
	return o
}

// report logs how an attempt ended.
func (w *Worker) report(a *attempt, applied bool) {
	log := w.Log.With("task", a.ti.TaskName, "id", a.ti.ID, "attempt", a.ti.Attempts, "worker", w.ID)
	switch {
	case !applied:
		log.Warn("the claim was lost meanwhile; the outcome was not recorded", "outcome", a.outcome.Kind)
	case a.outcome.Kind == store.Succeeded:
		log.Info("success")
	default:
		log.Warn(string(a.outcome.Kind), "reason", a.outcome.Reason)
	}
}
