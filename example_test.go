package taskflow_test

import (
	"context"
	"fmt"

	"github.com/taskflow-run/taskflow"
)

// A workflow whose second task uses what the first returned.
func Example() {
	tf := taskflow.New()
	tf.AddWorkflows(&taskflow.Workflow{
		Name:     "nightly",
		Active:   true,
		Schedule: taskflow.Schedule{Cron: "0 3 * * *", Timezone: "Europe/Berlin"},
		Tasks: []*taskflow.Task{
			{Name: "extract", Command: `echo 3 > "$TASKFLOW_RESULT"`, Retries: 2},
			{
				Name:      "load",
				DependsOn: []string{"extract"},
				Executor: taskflow.Func(func(_ context.Context, ti *taskflow.TaskInstance) (any, error) {
					var rows int
					err := ti.DecodeResult("extract", &rows)
					return nil, err
				}),
			},
		},
	})
	defs, err := tf.Definitions()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range defs.Tasks {
		fmt.Println(t.Workflow(), t.Name, t.Timeout)
	}
	// Output:
	// nightly extract 5m0s
	// nightly load 5m0s
}

// Everything that is wrong is reported at once.
func ExampleTaskflow_Definitions() {
	tf := taskflow.New()
	tf.AddTasks(
		&taskflow.Task{Name: "vacuum", Command: "true", Schedule: taskflow.Schedule{Cron: "0 8 * * *", Timezone: "Mars"}},
		&taskflow.Task{Name: "report", Retries: -1},
	)
	_, err := tf.Definitions()
	fmt.Println(err)
	// Output:
	// task "vacuum": timezone: unknown time zone "Mars"; write an IANA name such as America/New_York
	// task "report": command: nothing to run; give the task a command
	// task "report": retries: -1 is negative
}
