// Command steps is the code of the example workflow weather. Its argument
// names the step; params and the results of earlier steps come from the
// environment, and its own result goes to the file $TASKFLOW_RESULT.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// steps by name. What a step returns is its result, nil for none.
var steps = map[string]func() (any, error){
	"check_input":     checkInput,
	"load":            load,
	"monthly_means":   monthlyMeans,
	"extremes":        extremes,
	"rain_by_weekday": rainByWeekday,
	"report":          report,
}

func main() {
	step := steps[strings.Join(os.Args[1:], " ")]
	if step == nil {
		fmt.Fprintln(os.Stderr, "usage: steps check_input|load|monthly_means|extremes|rain_by_weekday|report")
		os.Exit(2)
	}
	result, err := step()
	if err == nil && result != nil {
		err = handOn(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// handOn leaves the result for the tasks that depend on this one, and shows it
// in the log.
func handOn(result any) error {
	data, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	fmt.Printf("%s\n", data)
	if path := os.Getenv("TASKFLOW_RESULT"); path != "" { // unset when run by hand
		return os.WriteFile(path, data, 0o600)
	}
	return nil
}

// resultOf reads the result of the task with that name.
func resultOf(task string, into any) error {
	name := "TASKFLOW_RESULT_" + strings.ToUpper(task)
	if err := json.Unmarshal([]byte(os.Getenv(name)), into); err != nil {
		return fmt.Errorf("$%s: %w", name, err)
	}
	return nil
}
