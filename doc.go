// Package taskflow defines background tasks and workflows and says what they
// promise.
//
// A [Task] is something to run: Go code or a bash command. A [Workflow] is a
// graph of tasks that depend on each other. Both run on cron-like schedules or
// on demand. A program collects its definitions in a [Taskflow] and hands it
// to the command line in package cli, which brings the scheduler, the workers
// and the database:
//
//	tf := taskflow.New()
//	tf.AddWorkflows(&taskflow.Workflow{
//		Name:     "nightly",
//		Active:   true,
//		Schedule: taskflow.Schedule{Cron: "0 3 * * *", Timezone: "Europe/Berlin"},
//		Tasks: []*taskflow.Task{
//			{Name: "extract", Command: "./extract.sh", Retries: 2},
//			{Name: "load", Executor: taskflow.Func(load), DependsOn: []string{"extract"}},
//		},
//	})
//	cli.Main(tf)
//
// This package holds the definitions, their rules ([Taskflow.Definitions]
// reports every fault at once), the instances that executors see, and the
// interfaces that a user implements. It knows no database, no clock and no
// process; those live in the rooms above it.
package taskflow
