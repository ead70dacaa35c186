package yamldef

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cron"
)

// converter turns the format into definitions. dir is the folder of the file.
type converter struct {
	dir   string
	fault func(definition any, field, reason string)
}

func (c converter) workflow(w *workflow) *taskflow.Workflow {
	return &taskflow.Workflow{
		Name: w.Name, Active: w.Active, Title: w.Title, Description: w.Description,
		Concurrency: limit(w.Concurrency), SLA: time.Duration(w.SLA), Schedule: c.schedule(w, &w.common),
		DefaultPriority: taskflow.Priority(w.DefaultPriority), OnFailure: taskflow.OnFailure(w.OnFailure),
	}
}

func (c converter) task(t *task) *taskflow.Task {
	dir := t.WorkingDir
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(c.dir, dir)
	}
	return &taskflow.Task{
		Name: t.Name, Active: t.Active, Title: t.Title, Description: t.Description,
		Concurrency: limit(t.Concurrency), SLA: time.Duration(t.SLA), Schedule: c.schedule(t, &t.common),
		DefaultPriority: taskflow.Priority(t.DefaultPriority),
		Command:         t.Command, WorkingDir: dir, Env: t.Env, InputFile: t.InputFile, OutputFile: t.OutputFile,
		Retries: t.Retries, Timeout: orElse(t.Timeout, taskflow.NoTimeout), RetryDelay: orElse(t.RetryDelay, taskflow.NoDelay),
		RetryBackoff: taskflow.Backoff(t.RetryBackoff), MaxRetryDelay: time.Duration(t.MaxRetryDelay), RetryJitter: t.RetryJitter,
		Params: t.Params, ParamsSchema: t.ParamsSchema, PushDestination: t.PushDestination,
		DependsOn: t.DependsOn, RunIf: taskflow.RunIf(t.RunIf),
	}
}

func (c converter) schedule(definition any, d *common) taskflow.Schedule {
	s := taskflow.Schedule{
		Cron: strings.TrimSpace(d.Schedule), Timezone: d.Timezone,
		Missed: taskflow.Missed(d.Missed), OnResume: taskflow.Missed(d.OnResume),
		DSTGap: cron.Gap(d.DSTGap), DSTOverlap: cron.Overlap(d.DSTOverlap),
	}
	if d.MissedLimit != nil {
		s.MissedLimit = *d.MissedLimit
	}
	zone, err := s.Zone()
	if err != nil {
		zone = time.UTC // a fault of its own
	}
	bound := func(field string, d date) (first, last time.Time) {
		if d == "" {
			return
		}
		first, last, ok := d.in(zone)
		if !ok {
			c.fault(definition, field, fmt.Sprintf(badDate, string(d)))
		}
		return first, last
	}
	s.Start, _ = bound("start_date", d.StartDate)
	_, s.End = bound("end_date", d.EndDate)
	return s
}

// limit says "no limit", which YAML writes as 0, as definitions do.
func limit(n *int) int {
	switch {
	case n == nil:
		return 0
	case *n == 0:
		return taskflow.Unlimited
	}
	return *n
}

// orElse says "none", which YAML writes as 0, as definitions do.
func orElse(d *duration, none time.Duration) time.Duration {
	switch {
	case d == nil:
		return 0
	case *d == 0:
		return none
	}
	return time.Duration(*d)
}
