package taskflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/taskflow-run/taskflow/cron"
)

// maxRetries bounds what nobody means.
const maxRetries = 1_000_000

var validName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

// checker gathers the faults of one definition.
type checker struct {
	kind, name string
	subject    any
	faults     *Faults
}

func (c checker) fault(field, item, reason string, args ...any) {
	*c.faults = append(*c.faults, &Fault{
		Kind: c.kind, Name: c.name, Field: field, Item: item,
		Reason: fmt.Sprintf(reason, args...), Subject: c.subject,
	})
}

// check returns every fault of what was added.
func (tf *Taskflow) check() Faults {
	var faults Faults
	workflows, tasks := map[string]bool{}, map[string]string{}

	task := func(t *Task, workflow string) {
		c := checker{"task", t.Name, t, &faults}
		if owner, taken := tasks[t.Name]; taken && t.Name != "" {
			c.fault("name", "", "already used by another task%s; task names are unique across all workflows", owner)
		}
		tasks[t.Name] = ""
		if workflow != "" {
			tasks[t.Name] = fmt.Sprintf(" (of workflow %q)", workflow)
		}
		c.task(t, tf.destinations)
		switch {
		case workflow != "" && t.Schedule.Cron != "":
			c.fault("schedule", "", "a task of a workflow has no schedule of its own; give it to workflow %q", workflow)
		case workflow == "" && len(t.DependsOn) > 0:
			c.fault("depends_on", "", "only tasks of a workflow depend on each other; move the task into one")
		}
	}
	for _, w := range tf.workflows {
		c := checker{"workflow", w.Name, w, &faults}
		if workflows[w.Name] && w.Name != "" {
			c.fault("name", "", "already used by another workflow")
		}
		workflows[w.Name] = true
		c.workflow(w)
		for _, t := range w.Tasks {
			task(t, w.Name)
		}
	}
	for _, t := range tf.tasks {
		task(t, "")
	}
	for _, w := range tf.workflows {
		checkGraph(w, tasks, &faults)
	}
	return faults
}

func (c checker) workflow(w *Workflow) {
	c.common(w.Name, w.Concurrency, w.SLA, w.DefaultPriority, w.Schedule)
	oneOf(c, "on_failure", w.OnFailure, OnFailureStop, OnFailureContinue)
	if len(w.Tasks) == 0 {
		c.fault("tasks", "", "a workflow needs at least one task")
	}
}

func (c checker) task(t *Task, destinations map[string]PushWorker) {
	c.common(t.Name, t.Concurrency, t.SLA, t.DefaultPriority, t.Schedule)
	switch {
	case t.Executor != nil && t.Command != "":
		c.fault("command", "", "a task has either Go code or a command, not both")
	case t.Executor == nil && strings.TrimSpace(t.Command) == "" && t.PushDestination == "":
		c.fault("command", "", "nothing to run; give the task a command")
	}
	if strings.ContainsRune(t.Command, 0) {
		c.fault("command", "", "has a NUL byte in it, which bash cannot read")
	}
	for _, name := range slices.Sorted(maps.Keys(t.Env)) {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.ContainsRune(t.Env[name], 0) {
			c.fault("env", name, "%q cannot be set; a name is not empty and has no =, and neither it nor its value has a NUL byte", name)
		}
	}
	notNegative(c, "retries", t.Retries)
	if t.Retries > maxRetries {
		c.fault("retries", "", "%d is more than %d", t.Retries, maxRetries)
	}
	notNegative(c, "timeout", t.Timeout)
	notNegative(c, "retry_delay", t.RetryDelay)
	notNegative(c, "max_retry_delay", t.MaxRetryDelay)
	if !(t.RetryJitter >= 0 && t.RetryJitter <= 1) { // NaN is refused too
		c.fault("retry_jitter", "", "%v is not between 0 and 1", t.RetryJitter)
	}
	oneOf(c, "retry_backoff", t.RetryBackoff, BackoffConstant, BackoffExponential)
	oneOf(c, "run_if", t.RunIf, AllSuccess, AllDone, OneFailed, OneSuccess)
	if len(t.DependsOn) == 0 && (t.RunIf == OneFailed || t.RunIf == OneSuccess) {
		c.fault("run_if", "", "%s needs depends_on; without a dependency it can never hold", t.RunIf)
	}
	for _, key := range slices.Sorted(maps.Keys(t.Params)) {
		if _, err := json.Marshal(t.Params[key]); err != nil {
			c.fault("params", key, "%q is no JSON value: %v", key, err)
		}
	}
	if t.ParamsSchema != nil {
		if _, err := resolveSchema(t.ParamsSchema); err != nil {
			c.fault("params_schema", "", "not a valid JSON Schema: %v", err)
		}
	}
	if d := t.PushDestination; d != "" && destinations[d] == nil {
		c.fault("push_destination", "", "unknown destination %q; known: %s", d, known(destinations))
	}
}

// common checks what tasks and workflows share.
func (c checker) common(name string, concurrency int, sla time.Duration, p Priority, s Schedule) {
	if !validName.MatchString(name) {
		c.fault("name", "", "a name is 1 to 128 characters of A-Z a-z 0-9 _ . -")
	}
	notNegative(c, "concurrency", concurrency)
	notNegative(c, "sla", sla)
	oneOf(c, "default_priority", p, Priorities...)
	notNegative(c, "missed_limit", s.MissedLimit)
	oneOf(c, "missed", s.Missed, MissedLatest, MissedAll, MissedNone)
	oneOf(c, "on_resume", s.OnResume, MissedLatest, MissedAll, MissedNone)
	oneOf(c, "dst_gap", s.DSTGap, cron.GapAfter, cron.GapSkip)
	oneOf(c, "dst_overlap", s.DSTOverlap, cron.OverlapFirst, cron.OverlapLast, cron.OverlapBoth)
	if !s.Start.IsZero() && !s.End.IsZero() && s.End.Before(s.Start) {
		c.fault("end_date", "", "lies before start_date")
	}
	zone, err := s.Zone()
	if err != nil {
		c.fault("timezone", "", "%v", err)
	}
	if s.Cron != "" {
		// The zone and dst_* have faults of their own.
		if _, err := cron.Parse(s.Cron, cron.Options{Location: zone}); err != nil {
			c.fault("schedule", "", "%v", err)
		}
	}
}

func notNegative[N int | time.Duration](c checker, field string, n N) {
	if n < 0 {
		c.fault(field, "", "%v is negative", n)
	}
}

func oneOf[W ~string](c checker, field string, word W, words ...W) {
	if word == "" || slices.Contains(words, word) {
		return
	}
	c.fault(field, "", "%q is not one of %s", word, list(words))
}

func list[W ~string](words []W) string {
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = string(w)
	}
	return strings.Join(plain, ", ")
}

func known(names map[string]PushWorker) string {
	if len(names) == 0 {
		return "none; a program adds them with AddPushWorker"
	}
	return list(slices.Sorted(maps.Keys(names)))
}

// checkGraph finds dependencies that lead nowhere and cycles. owners says of
// every task, of any workflow, which one it belongs to.
func checkGraph(w *Workflow, owners map[string]string, faults *Faults) {
	byName := map[string]*Task{}
	for _, t := range w.Tasks {
		byName[t.Name] = t
	}
	for _, t := range w.Tasks {
		c := checker{"task", t.Name, t, faults}
		seen := map[string]bool{}
		for _, name := range t.DependsOn {
			owner, defined := owners[name]
			switch {
			case name == t.Name:
				c.fault("depends_on", name, "a task cannot depend on itself")
			case seen[name]:
				c.fault("depends_on", name, "%q is named twice", name)
			case byName[name] != nil:
			case defined:
				c.fault("depends_on", name, "task %q%s is not part of workflow %q", name, owner, w.Name)
			default:
				c.fault("depends_on", name, "there is no task %q", name)
			}
			seen[name] = true
		}
	}
	for _, cycle := range cycles(w.Tasks, byName) {
		c := checker{"workflow", w.Name, w, faults}
		c.fault("tasks", cycle[0], "the tasks depend on each other in a circle: %s", strings.Join(cycle, " → "))
	}
}

// cycles returns each circle of dependencies that a depth-first walk closes,
// as names from a task back to itself.
func cycles(tasks []*Task, byName map[string]*Task) [][]string {
	var found [][]string
	const (
		onPath = 1
		done   = 2
	)
	state := map[string]int{}
	var path []string
	var visit func(t *Task)
	visit = func(t *Task) {
		state[t.Name] = onPath
		path = append(path, t.Name)
		for _, name := range t.DependsOn {
			next := byName[name]
			switch {
			case next == nil || name == t.Name: // a fault of its own
			case state[name] == onPath:
				start := slices.Index(path, name)
				found = append(found, append(slices.Clone(path[start:]), name))
			case state[name] != done:
				visit(next)
			}
		}
		path = path[:len(path)-1]
		state[t.Name] = done
	}
	for _, t := range tasks {
		if state[t.Name] == 0 {
			visit(t)
		}
	}
	return found
}

// CheckParams returns an error that names what of an instance's params, with
// the task's own below them, the task's schema refuses.
func (t *Task) CheckParams(own Params) error {
	if t.ParamsSchema == nil {
		return nil
	}
	schema, err := resolveSchema(t.ParamsSchema)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(own.Over(t.Params))
	if err != nil {
		return err
	}
	var plain map[string]any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return err
	}
	if plain == nil {
		plain = map[string]any{}
	}
	if err := schema.Validate(plain); err != nil {
		return fmt.Errorf("task %q: params do not fit its params_schema: %w", t.Name, err)
	}
	return nil
}

func resolveSchema(doc map[string]any) (*jsonschema.Resolved, error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(raw, &schema); err != nil {
		return nil, err
	}
	return schema.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
}
