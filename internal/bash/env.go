package bash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/taskflow-run/taskflow"
)

// maxVariable is what Linux takes for one variable: its name, the equals sign,
// its value and a NUL byte.
const maxVariable = 128 << 10

// reserved are the variables that describe an attempt. What this process
// inherits of them describes another one.
var reserved = map[string]bool{
	"TASKFLOW_TASK":                 true,
	"TASKFLOW_TASK_INSTANCE_ID":     true,
	"TASKFLOW_WORKFLOW":             true,
	"TASKFLOW_WORKFLOW_INSTANCE_ID": true,
	"TASKFLOW_ATTEMPT":              true,
	"TASKFLOW_RUN_AT":               true,
	"TASKFLOW_PARAMS":               true,
	"TASKFLOW_RESULT":               true,
}

func isReserved(name string) bool {
	return reserved[name] || strings.HasPrefix(name, "TASKFLOW_PARAM_") || strings.HasPrefix(name, "TASKFLOW_RESULT_")
}

// environment is what a script gets to see, by name.
type environment map[string]string

func newEnvironment(task *taskflow.Task, ti *taskflow.TaskInstance, resultFile string) (environment, error) {
	env := environment{}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if name != "" && !isReserved(name) {
			env[name] = value
		}
	}
	for name, value := range task.Env {
		if name == "" || strings.Contains(name, "=") || isReserved(name) {
			return nil, fmt.Errorf("env %q cannot be set: the name is empty, has a = in it, or is one that Taskflow sets", name)
		}
		if err := env.set(name, value, fmt.Sprintf("env %q", name)); err != nil {
			return nil, err
		}
	}
	env["TASKFLOW_TASK"] = ti.TaskName
	env["TASKFLOW_TASK_INSTANCE_ID"] = strconv.FormatInt(ti.ID, 10)
	if ti.WorkflowName != "" {
		env["TASKFLOW_WORKFLOW"] = ti.WorkflowName
		env["TASKFLOW_WORKFLOW_INSTANCE_ID"] = strconv.FormatInt(ti.WorkflowInstanceID, 10)
	}
	env["TASKFLOW_ATTEMPT"] = strconv.Itoa(ti.Attempts)
	env["TASKFLOW_RUN_AT"] = ti.RunAt.UTC().Format(time.RFC3339)
	env["TASKFLOW_RESULT"] = resultFile
	return env, env.setValues(ti)
}

// setValues sets the params and the results of dependencies.
func (env environment) setValues(ti *taskflow.TaskInstance) error {
	for name, param := range ti.Params {
		value, err := text(param)
		if err != nil {
			return fmt.Errorf("param %q is not JSON: %w", name, err)
		}
		if err := env.add("TASKFLOW_PARAM_"+variableName(name), value, "param", name); err != nil {
			return err
		}
	}
	all := "{}"
	if len(ti.Params) > 0 {
		var err error
		if all, err = marshal(ti.Params); err != nil {
			return fmt.Errorf("the params are not JSON: %w", err)
		}
	}
	if err := env.set("TASKFLOW_PARAMS", all, "the params together"); err != nil {
		return err
	}
	for task, result := range ti.Results {
		value, err := text(result)
		if err != nil {
			return fmt.Errorf("the result of %q is not JSON: %w", task, err)
		}
		if err := env.add("TASKFLOW_RESULT_"+variableName(task), value, "result of", task); err != nil {
			return err
		}
	}
	return nil
}

// add sets a variable that nothing else may have set: distinct names can
// become the same variable, and guessing which was meant would be wrong.
func (env environment) add(variable, value, what, name string) error {
	if _, taken := env[variable]; taken {
		return fmt.Errorf("%s %q becomes $%s, and so does another one; rename one of them", what, name, variable)
	}
	return env.set(variable, value, fmt.Sprintf("%s %q", what, name))
}

// set refuses what a process cannot be given.
func (env environment) set(variable, value, what string) error {
	if strings.ContainsRune(variable, 0) || strings.ContainsRune(value, 0) {
		return fmt.Errorf("%s has a NUL byte in it, which no environment variable can hold", what)
	}
	if size := len(variable) + 1 + len(value) + 1; size > maxVariable {
		return fmt.Errorf("%s: %d bytes as $%s, where an environment variable has %d at most; pass the name of a file instead",
			what, size, variable, maxVariable)
	}
	env[variable] = value
	return nil
}

// list returns the variables in the form that a process is started with.
func (env environment) list() []string {
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

// variableName turns the name of a param or task into that of a variable.
func variableName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, name)
}

// text returns text as it is and everything else as JSON.
func text(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.RawMessage:
		var s string
		if v = bytes.TrimSpace(v); len(v) > 0 && v[0] == '"' {
			err := json.Unmarshal(v, &s)
			return s, err
		}
		return string(v), nil
	}
	return marshal(value)
}

// marshal returns JSON with <, > and & as they are: nothing here is HTML.
func marshal(value any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return strings.TrimSuffix(b.String(), "\n"), err
}
