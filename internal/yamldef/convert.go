package yamldef

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cron"
)

// converter turns the format into definitions. dir is the folder of the file.
type converter struct {
	dir   string
	fault func(subject any, field, reason string, args ...any)
}

func (c converter) workflow(w *workflow) *taskflow.Workflow {
	return &taskflow.Workflow{
		Name: w.Name, Active: w.Active, Title: w.Title, Description: w.Description,
		Concurrency: limit(w.Concurrency), SLA: w.SLA.duration(), Schedule: c.schedule(w, &w.common),
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
		Concurrency: limit(t.Concurrency), SLA: t.SLA.duration(), Schedule: c.schedule(t, &t.common),
		DefaultPriority: taskflow.Priority(t.DefaultPriority),
		Command:         t.Command, WorkingDir: dir, Env: t.Env, InputFile: t.InputFile, OutputFile: t.OutputFile,
		Retries: t.Retries, Timeout: orElse(t.Timeout, taskflow.NoTimeout), RetryDelay: orElse(t.RetryDelay, taskflow.NoDelay),
		RetryBackoff: taskflow.Backoff(t.RetryBackoff), MaxRetryDelay: t.MaxRetryDelay.duration(), RetryJitter: t.RetryJitter,
		Params: t.Params, ParamsSchema: t.ParamsSchema, PushDestination: t.PushDestination,
		DependsOn: t.DependsOn, RunIf: taskflow.RunIf(t.RunIf),
	}
}

func (c converter) schedule(subject any, d *common) taskflow.Schedule {
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
	start, _, ok := d.StartDate.in(zone)
	if !ok {
		c.fault(subject, "start_date", badDate, string(d.StartDate))
	}
	_, end, ok := d.EndDate.in(zone)
	if !ok {
		c.fault(subject, "end_date", badDate, string(d.EndDate))
	}
	s.Start, s.End = start, end
	return s
}

const badDate = "%q is not a date or time; write 2026-01-31, 2026-01-31 06:00 or 2026-01-31T06:00:00Z"

// in returns the first and the last moment of a date, or twice the same of a
// time, in a zone.
func (d date) in(zone *time.Location) (first, last time.Time, ok bool) {
	if d == "" {
		return time.Time{}, time.Time{}, true
	}
	if day, err := time.ParseInLocation("2006-01-02", string(d), zone); err == nil {
		return day, day.AddDate(0, 0, 1).Add(-time.Microsecond), true
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, string(d), zone); err == nil {
			return t, t, true
		}
	}
	return time.Time{}, time.Time{}, false
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
func orElse(s *seconds, none time.Duration) time.Duration {
	switch {
	case s == nil:
		return 0
	case *s == 0:
		return none
	}
	return s.duration()
}

func (s seconds) duration() time.Duration { return time.Duration(float64(s) * float64(time.Second)) }
