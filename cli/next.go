package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cron"
)

func (a *app) next() *cobra.Command {
	var s taskflow.Schedule
	var gap, overlap, from string
	var n int
	var prev bool
	cmd := &cobra.Command{
		Use:   "next [NAME]",
		Short: "Print when a schedule fires next",
		Long: `Print when the schedule of a workflow or task fires next, or any expression given
with --schedule. Changes of clocks that move, skip or repeat a fire are marked.
With --json it prints a list of times in UTC.`,
		Example: `  taskflow next --schedule '*/7 * * * FRI-MON' --timezone America/New_York -n 5
  taskflow next weather --taskflow examples/weather`,
		Args: args(0, 1, ""),
		RunE: func(_ *cobra.Command, given []string) error {
			if (len(given) == 1) == (s.Cron != "") {
				return badUsage("next needs the name of a workflow or task, or --schedule; see: taskflow next --help")
			}
			if n < 1 {
				return badUsage("-n %d: ask for at least 1 time", n)
			}
			at := a.now()
			var err error
			if from != "" {
				if at, err = parseTime("from", from); err != nil {
					return err
				}
			}
			s.DSTGap, s.DSTOverlap = cron.Gap(gap), cron.Overlap(overlap)
			if len(given) == 1 {
				if s, err = a.scheduleOf(given[0]); err != nil {
					return err
				}
			}
			c, err := s.Parse()
			if err != nil {
				return err
			}
			return a.printFires(s, c, fires(s, c, at, n, prev))
		},
	}
	cmd.Flags().StringVar(&s.Cron, "schedule", "", "a cron expression")
	cmd.Flags().StringVar(&s.Timezone, "timezone", "UTC", "the zone of --schedule")
	cmd.Flags().StringVar(&gap, "dst-gap", "", "what --schedule does in a gap: after or skip")
	cmd.Flags().StringVar(&overlap, "dst-overlap", "", "what --schedule does in a repeated hour: first, last or both")
	cmd.Flags().StringVar(&from, "from", "", "count from this time, such as 2026-03-07T00:00:00Z (default: now)")
	cmd.Flags().IntVarP(&n, "number", "n", 5, "how many times")
	cmd.Flags().BoolVar(&prev, "prev", false, "go backwards")
	return cmd
}

// scheduleOf returns the schedule of a defined workflow or task.
func (a *app) scheduleOf(name string) (taskflow.Schedule, error) {
	defs, err := a.defineSome()
	if err != nil {
		return taskflow.Schedule{}, err
	}
	var s taskflow.Schedule
	if w := defs.Workflow(name); w != nil {
		s = w.Schedule
	} else if t := defs.Task(name); t != nil {
		s = t.Schedule
	} else {
		return s, badUsage("no workflow or task %q is defined%s", name, suggest(defs))
	}
	if s.Cron == "" {
		return s, fmt.Errorf("%q has no schedule; it runs on demand only", name)
	}
	return s, nil
}

// fires returns up to n fires after at, or before it, within start and end.
func fires(s taskflow.Schedule, c *cron.Schedule, at time.Time, n int, prev bool) []time.Time {
	step := c.Next
	if prev {
		step = c.Prev
		if !s.End.IsZero() && at.After(s.End) {
			at = s.End.Add(time.Nanosecond)
		}
	} else if at.Before(s.Start) {
		at = s.Start.Add(-time.Nanosecond)
	}
	times := []time.Time{}
	for len(times) < n {
		at = step(at)
		if at.IsZero() || at.Before(s.Start) || !s.End.IsZero() && at.After(s.End) {
			break
		}
		times = append(times, at)
	}
	return times
}

func (a *app) printFires(s taskflow.Schedule, c *cron.Schedule, times []time.Time) error {
	if a.json {
		return a.print(times)
	}
	zone, err := s.Zone()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s  (%s, %s)\n", c, c.Words(), zone)
	for _, t := range times {
		line := t.Format("2006-01-02 15:04:05Z")
		if zone != time.UTC {
			line += "  " + t.In(zone).Format("Mon 2006-01-02 15:04:05 MST")
		}
		if note := c.Note(t); note != "" {
			line += "  " + note
		}
		fmt.Fprintln(a.out, line)
	}
	if len(times) == 0 {
		fmt.Fprintln(a.out, "no fires")
	}
	return nil
}
