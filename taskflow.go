package taskflow

import "maps"

// Taskflow collects the definitions of a program. It is not safe for
// concurrent use; define everything first, then run.
type Taskflow struct {
	workflows    []*Workflow
	tasks        []*Task
	destinations map[string]PushWorker
}

// New returns an empty Taskflow.
func New() *Taskflow {
	return &Taskflow{destinations: map[string]PushWorker{}}
}

// AddWorkflows adds workflows together with their tasks. Faults in them are
// reported by [Taskflow.Definitions], all at once.
func (tf *Taskflow) AddWorkflows(ws ...*Workflow) { tf.workflows = append(tf.workflows, ws...) }

// AddTasks adds tasks that stand alone.
func (tf *Taskflow) AddTasks(ts ...*Task) { tf.tasks = append(tf.tasks, ts...) }

// AddPushWorker adds a push worker under the name of its destination.
func (tf *Taskflow) AddPushWorker(destination string, w PushWorker) {
	tf.destinations[destination] = w
}

// Empty reports whether nothing was added.
func (tf *Taskflow) Empty() bool { return len(tf.workflows)+len(tf.tasks) == 0 }

// Definitions are the valid definitions of a program, with every default
// filled in. They do not change; loops and stores share them.
type Definitions struct {
	Workflows []*Workflow
	Tasks     []*Task // all of them, those of workflows included
	// PushWorkers are the push workers by destination.
	PushWorkers map[string]PushWorker

	workflow map[string]*Workflow
	task     map[string]*Task
}

// Workflow returns the workflow of that name, nil if there is none.
func (d *Definitions) Workflow(name string) *Workflow { return d.workflow[name] }

// Task returns the task of that name, nil if there is none.
func (d *Definitions) Task(name string) *Task { return d.task[name] }

// Only returns the definitions of one workflow with its tasks, or of one
// standalone task; what is not defined is left out.
func (d *Definitions) Only(workflow, task string) *Definitions {
	only := &Definitions{PushWorkers: d.PushWorkers, workflow: map[string]*Workflow{}, task: map[string]*Task{}}
	if w := d.workflow[workflow]; w != nil {
		only.addWorkflow(w)
	}
	if t := d.task[task]; t != nil {
		only.addTask(t)
	}
	return only
}

func (d *Definitions) addWorkflow(w *Workflow) {
	d.Workflows = append(d.Workflows, w)
	d.workflow[w.Name] = w
	for _, t := range w.Tasks {
		d.addTask(t)
	}
}

func (d *Definitions) addTask(t *Task) {
	d.Tasks = append(d.Tasks, t)
	d.task[t.Name] = t
}

// Definitions checks everything added so far and returns it with defaults
// filled in, or all faults found, as [Faults]. What was added is not changed.
func (tf *Taskflow) Definitions() (*Definitions, error) {
	if faults := tf.check(); len(faults) > 0 {
		return nil, faults
	}
	d := &Definitions{
		PushWorkers: maps.Clone(tf.destinations), workflow: map[string]*Workflow{}, task: map[string]*Task{},
	}
	for _, w := range tf.workflows {
		d.addWorkflow(w.withDefaults())
	}
	for _, t := range tf.tasks {
		d.addTask(t.withDefaults(""))
	}
	return d, nil
}

func (w *Workflow) withDefaults() *Workflow {
	filled := *w
	fill(&filled.Concurrency, DefaultConcurrency)
	fill(&filled.DefaultPriority, Normal)
	fill(&filled.OnFailure, OnFailureStop)
	filled.Schedule.fillDefaults()
	filled.Tasks = make([]*Task, len(w.Tasks))
	for i, t := range w.Tasks {
		filled.Tasks[i] = t.withDefaults(w.Name)
	}
	return &filled
}

func (t *Task) withDefaults(workflow string) *Task {
	filled := *t
	filled.workflow = workflow
	fill(&filled.Concurrency, DefaultConcurrency)
	fill(&filled.Timeout, DefaultTimeout)
	fill(&filled.RetryDelay, DefaultRetryDelay)
	fill(&filled.RetryBackoff, BackoffConstant)
	fill(&filled.RunIf, AllSuccess)
	if workflow == "" { // in a workflow, unset means the run's priority
		fill(&filled.DefaultPriority, Normal)
	}
	filled.Schedule.fillDefaults()
	return &filled
}

func (s *Schedule) fillDefaults() {
	fill(&s.Timezone, "UTC")
	fill(&s.Missed, MissedLatest)
	fill(&s.MissedLimit, DefaultMissedLimit)
	fill(&s.OnResume, MissedNone)
	fill(&s.DSTGap, "after")
	fill(&s.DSTOverlap, "first")
}

func fill[T comparable](field *T, value T) {
	var unset T
	if *field == unset {
		*field = value
	}
}
