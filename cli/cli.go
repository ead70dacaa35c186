// Package cli is the command line of Taskflow. [Main] mounts it in a program
// of the user's own, whose Go tasks it then runs; the ready-made binary mounts
// it over definitions in YAML alone.
//
// Every command that prints data prints it as JSON with --json. The exit
// status is 0 on success, 1 when something failed, 2 for bad input (usage,
// definitions), and 130 when it was interrupted.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/yamldef"
)

// Exit statuses.
const (
	exitFailed      = 1
	exitBadInput    = 2
	exitInterrupted = 130
)

// Main runs the command line over the definitions in tf, to which --taskflow
// adds those in YAML, and exits the process.
func Main(tf *taskflow.Taskflow) {
	os.Exit(Run(context.Background(), tf, os.Args[1:], os.Stdout, os.Stderr))
}

// Run is [Main] for programs that go on afterwards: it returns the exit
// status. Processes that it leads to are stopped when ctx ends.
func Run(ctx context.Context, tf *taskflow.Taskflow, args []string, stdout, stderr io.Writer) int {
	a := &app{tf: tf, out: stdout, err: stderr, now: time.Now}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	status := exitFailed
	var exit exitError
	var usage usageError
	switch {
	case errors.As(err, &exit):
		status, err = exit.status, exit.err
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"): // cobra's own
		status = exitBadInput
	}
	if err != nil {
		prefix := "taskflow: "
		if errors.As(err, new(yamldef.Faults)) {
			prefix = "" // file:line:column, where editors look for it
		}
		for line := range strings.Lines(err.Error()) {
			if line = strings.TrimSpace(line); line != "" {
				fmt.Fprintln(stderr, prefix+line)
			}
		}
	}
	return status
}

// app is what the commands share.
type app struct {
	tf       *taskflow.Taskflow
	out, err io.Writer
	now      func() time.Time

	definitions string // --taskflow
	database    string // --database-url
	json        bool   // --json
}

// usageError is bad input on the command line or in definitions.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func badUsage(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// exitError ends the program with a status of its own; err may be nil when
// everything has been said.
type exitError struct {
	status int
	err    error
}

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", e.status) }
func (e exitError) Unwrap() error { return e.err }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "taskflow",
		Short: "Run background tasks and workflows",
		Long: `Taskflow runs tasks and workflows (graphs of dependent tasks) on cron-like
schedules or on demand. All state lives in an SQL database, by default in the
file taskflow.db in the current folder.

  taskflow run NAME      run a workflow or task now, here, and watch it
  taskflow serve         run everything on its schedule: scheduler and worker
  taskflow validate      check the definitions`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.definitions, "taskflow", os.Getenv("TASKFLOW_DEFINITIONS"),
		"YAML file or folder of definitions (env TASKFLOW_DEFINITIONS; default ./taskflow.yaml or ./taskflow/)")
	flags.StringVar(&a.database, "database-url", os.Getenv("TASKFLOW_DATABASE_URL"),
		"database, as a file or sqlite: URL (env TASKFLOW_DATABASE_URL; default ./taskflow.db)")
	flags.BoolVar(&a.json, "json", false, "print data as JSON")
	// --num_runs is --num-runs.
	root.SetGlobalNormalizationFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return badUsage("%w; see: %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(
		a.serve(), a.run(), a.initDB(), a.migrateDB(), a.scheduler(), a.pullWorker(),
		a.queueTask(), a.queueWorkflow(), a.runTask(), a.validate(), a.next(), a.logs(), a.version(),
	)
	for _, cmd := range root.Commands() {
		// The names of old have underscores; their kebab-case twins work too.
		if twin := strings.ReplaceAll(cmd.Name(), "_", "-"); twin != cmd.Name() {
			cmd.Aliases = append(cmd.Aliases, twin)
		}
		cmd.DisableFlagsInUseLine = true
	}
	return root
}

// args checks the number of positional arguments, and says what they are.
func args(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		switch {
		case len(given) < least:
			return badUsage("%s needs %s; see: %s --help", cmd.Name(), what, cmd.CommandPath())
		case len(given) > most:
			return badUsage("%s: unexpected argument %q; see: %s --help", cmd.Name(), given[most], cmd.CommandPath())
		}
		return nil
	}
}

// print writes a value as indented JSON.
func (a *app) print(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// printLine writes a value as JSON on one line, for streams.
func (a *app) printLine(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
