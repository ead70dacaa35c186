// Package bash runs the command of a task: a bash script that gets what it
// needs by its environment and hands on what it has found by a file.
//
// It promises that a script never sees the variables of another attempt, that
// nothing is ever pasted into its text, that what it prints is passed on while
// it runs, and that no process of its group outlives the attempt. What leaves
// the group on purpose (setsid, a daemon) is left alone, but cannot hold the
// attempt up either.
package bash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/taskflow-run/taskflow"
)

// maxInlineScript is how long a script may be to be passed as an argument;
// Linux takes 128 KiB, of which the rest is left as a margin.
const maxInlineScript = 100 << 10

// defaultKillGrace is the KillGrace of a Command that sets none.
const defaultKillGrace = 10 * time.Second

// Command runs Task.Command with bash. It implements [taskflow.Executor].
//
// The script gets the environment of this process, Task.Env, and:
//
//	TASKFLOW_TASK, TASKFLOW_TASK_INSTANCE_ID, TASKFLOW_ATTEMPT, TASKFLOW_RUN_AT
//	TASKFLOW_WORKFLOW, TASKFLOW_WORKFLOW_INSTANCE_ID   in a workflow only
//	TASKFLOW_PARAMS          all params as a JSON object
//	TASKFLOW_PARAM_<NAME>    each of them; text as it is, all else as JSON
//	TASKFLOW_RESULT_<TASK>   the results of its dependencies, likewise
//	TASKFLOW_RESULT          the file to write its own result to, as JSON
//
// Names are in upper case; what is not A-Z, 0-9 or _ becomes _.
type Command struct {
	Task *taskflow.Task
	// KillGrace is how long the script's processes have to end after SIGTERM
	// before they get SIGKILL; 10 s if unset.
	KillGrace time.Duration
}

// Execute runs the script. When ctx ends, its processes are made to end and
// the error wraps the cause. The result is a [json.RawMessage], or nil if the
// script has left none.
func (c Command) Execute(ctx context.Context, ti *taskflow.TaskInstance) (any, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	bash, err := findBash()
	if err != nil {
		return nil, err
	}
	result, err := newResultFile()
	if err != nil {
		return nil, err
	}
	defer result.remove()
	env, err := newEnvironment(c.Task, ti, result.path)
	if err != nil {
		return nil, err
	}
	args, cleanUp, err := arguments(c.Task.Command)
	if err != nil {
		return nil, err
	}
	defer cleanUp()
	in, err := openInput(c.Task, env)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := createOutput(c.Task, env)
	if err != nil {
		return nil, err
	}
	defer out.discard()

	p := process{
		path: bash, args: args, dir: c.Task.WorkingDir, env: env.list(),
		stdin: in, stdoutFile: out.file(), stdout: ti.Stdout, stderr: ti.Stderr,
		grace: c.KillGrace,
	}
	if p.grace == 0 {
		p.grace = defaultKillGrace
	}
	if err := p.run(ctx); err != nil {
		return nil, err
	}
	raw, err := result.read()
	if err != nil {
		return nil, err
	}
	if err := out.publish(); err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, nil // not a RawMessage that is nil
	}
	return raw, nil
}

// findBash looks for bash once; it does not move.
var findBash = sync.OnceValues(func() (string, error) {
	path, err := exec.LookPath("bash")
	if err != nil {
		return "", fmt.Errorf("bash was not found in PATH (%s): install it, or write the task in Go", os.Getenv("PATH"))
	}
	return path, nil
})

// arguments returns the arguments that make bash run the script, and what
// takes back the file that a long one needs.
func arguments(script string) (args []string, cleanUp func(), err error) {
	if strings.ContainsRune(script, 0) {
		return nil, nil, errors.New("the command has a NUL byte in it, which bash cannot read")
	}
	if len(script) <= maxInlineScript {
		return []string{"bash", "-c", script}, func() {}, nil
	}
	path, err := writeTemp("taskflow-script-*.sh", script)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot keep the long script in a file: %w; TMPDIR names the folder for it", err)
	}
	return []string{"bash", path}, func() { os.Remove(path) }, nil
}

func writeTemp(pattern, text string) (path string, err error) {
	f, err := os.CreateTemp("", pattern)
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

var _ taskflow.Executor = Command{}
