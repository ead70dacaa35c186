package taskflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"time"
)

// MaxResult is the largest result of a task, in bytes of JSON.
const MaxResult = 64 << 10

// TaskInstance is one run of a task: a row of the table task_instances, and
// what an [Executor] gets to work with. Times are UTC.
type TaskInstance struct {
	ID                 int64           `json:"id"`
	TaskName           string          `json:"task_name"`
	WorkflowName       string          `json:"workflow_name,omitempty"`
	WorkflowInstanceID int64           `json:"workflow_instance_id,omitempty"`
	Status             Status          `json:"status"`
	Priority           Priority        `json:"priority"`
	Unique             string          `json:"unique,omitempty"`
	Scheduled          bool            `json:"scheduled"`
	RunAt              time.Time       `json:"run_at"`
	StartedAt          time.Time       `json:"started_at,omitzero"` // first start
	LockedAt           time.Time       `json:"locked_at,omitzero"`  // latest claim
	EndedAt            time.Time       `json:"ended_at,omitzero"`
	RetryAt            time.Time       `json:"retry_at,omitzero"` // when a retry is due
	Params             Params          `json:"params,omitempty"`
	Result             json.RawMessage `json:"result,omitempty"`
	Reason             string          `json:"reason,omitempty"` // why it failed, was skipped or dequeued
	Attempts           int             `json:"attempts"`         // claims so far, this one included
	MaxAttempts        int             `json:"max_attempts"`
	Timeout            time.Duration   `json:"-"`
	RetryDelay         time.Duration   `json:"-"`
	WorkerID           string          `json:"worker_id,omitempty"`
	PushState          json.RawMessage `json:"push_state,omitempty"` // as the push destination describes it

	// Results holds the results of the tasks it depends on, by name.
	Results map[string]json.RawMessage `json:"-"`
	// Stdout and Stderr are the attempt's log; what is written to them is kept
	// line by line. They are set while the instance executes.
	Stdout io.Writer `json:"-"`
	Stderr io.Writer `json:"-"`
}

// DecodeResult reads the result of a task that this one depends on into the
// value that into points to, as [json.Unmarshal] does.
func (ti *TaskInstance) DecodeResult(task string, into any) error {
	raw, ok := ti.Results[task]
	if !ok {
		return fmt.Errorf("task %q: no result of %q: it left none, or is not among its dependencies", ti.TaskName, task)
	}
	return json.Unmarshal(raw, into)
}

// DecodeParams reads the params into the value that into points to.
func (ti *TaskInstance) DecodeParams(into any) error {
	raw, err := json.Marshal(ti.Params)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// WorkflowInstance is one run of a workflow: a row of workflow_instances.
// Times are UTC.
type WorkflowInstance struct {
	ID           int64     `json:"id"`
	WorkflowName string    `json:"workflow_name"`
	Status       Status    `json:"status"`
	Priority     Priority  `json:"priority"`
	Unique       string    `json:"unique,omitempty"`
	Scheduled    bool      `json:"scheduled"`
	RunAt        time.Time `json:"run_at"`
	StartedAt    time.Time `json:"started_at,omitzero"`
	EndedAt      time.Time `json:"ended_at,omitzero"`
	Params       Params    `json:"params,omitempty"`
	Reason       string    `json:"reason,omitempty"`
}

// Params are named JSON values. Numbers read back from JSON are
// [json.Number], so that no digit is lost.
type Params map[string]any

// UnmarshalJSON reads a JSON object, keeping numbers as they are written.
func (p *Params) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return dec.Decode((*map[string]any)(p))
}

// Over returns p laid over base, key by key.
func (p Params) Over(base Params) Params {
	if len(base) == 0 {
		return p
	}
	merged := maps.Clone(base)
	maps.Copy(merged, p)
	return merged
}
