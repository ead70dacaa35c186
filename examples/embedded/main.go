// Command embedded is a program with Taskflow inside: its tasks are Go code
// and bash, and its command line is Taskflow's.
//
//	go run ./examples/embedded run signups
//	go run ./examples/embedded serve
package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cli"
)

func main() {
	cli.Main(define())
}

// define collects what the program can run.
func define() *taskflow.Taskflow {
	tf := taskflow.New()
	tf.AddWorkflows(signups())
	tf.AddTasks(&taskflow.Task{
		Name:     "heartbeat",
		Title:    "Say that the program is alive",
		Active:   true,
		Schedule: taskflow.Schedule{Cron: "* * * * *"},
		Command:  `echo "alive at $TASKFLOW_RUN_AT"`,
	})
	return tf
}

// signups fetches sign-ups, counts them in Go and in bash side by side, and
// prints a summary.
func signups() *taskflow.Workflow {
	return &taskflow.Workflow{
		Name:     "signups",
		Title:    "Count who signed up",
		Active:   true,
		Schedule: taskflow.Schedule{Cron: "0 6 * * *", Timezone: "America/New_York"},
		Tasks: []*taskflow.Task{
			{
				Name:     "fetch",
				Executor: taskflow.Func(fetch),
				Params:   taskflow.Params{"domain": "example.org"},
				Retries:  3, RetryDelay: 5 * time.Second, RetryBackoff: taskflow.BackoffExponential,
			},
			{
				Name:      "count_domains",
				Executor:  taskflow.Func(countDomains),
				DependsOn: []string{"fetch"},
			},
			{
				Name: "count_people",
				// What Go returned arrives in bash as JSON, and the other way round.
				Command:   `tr -cd @ <<<"$TASKFLOW_RESULT_FETCH" | wc -c | tee "$TASKFLOW_RESULT"`,
				DependsOn: []string{"fetch"},
			},
			{
				Name:      "report",
				Executor:  taskflow.Func(report),
				DependsOn: []string{"count_domains", "count_people"},
			},
		},
	}
}

// fetch stands for a call to a service. What it returns is kept as JSON, and
// the tasks that depend on it can read it.
func fetch(_ context.Context, ti *taskflow.TaskInstance) (any, error) {
	var params struct {
		Domain string `json:"domain"`
	}
	if err := ti.DecodeParams(&params); err != nil {
		return nil, err
	}
	fmt.Fprintln(ti.Stdout, "fetching, attempt", ti.Attempts)
	return []string{"ada@" + params.Domain, "grace@" + params.Domain, "edsger@example.com"}, nil
}

func countDomains(_ context.Context, ti *taskflow.TaskInstance) (any, error) {
	var people []string
	if err := ti.DecodeResult("fetch", &people); err != nil {
		return nil, err
	}
	domains := map[string]int{}
	for _, p := range people {
		_, domain, _ := strings.Cut(p, "@")
		domains[domain]++
	}
	return domains, nil
}

func report(_ context.Context, ti *taskflow.TaskInstance) (any, error) {
	var people int
	if err := ti.DecodeResult("count_people", &people); err != nil {
		return nil, err
	}
	var domains map[string]int
	if err := ti.DecodeResult("count_domains", &domains); err != nil {
		return nil, err
	}
	fmt.Fprintf(ti.Stdout, "%d people at %d domains\n", people, len(domains))
	return nil, nil
}
