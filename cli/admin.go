package cli

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/taskflow-run/taskflow/internal/store/sqlite"
	"github.com/taskflow-run/taskflow/internal/yamldef"
)

func (a *app) initDB() *cobra.Command {
	return &cobra.Command{
		Use:   "init_db",
		Short: "Create the tables in a new database",
		Long: `Create the tables in a new database. On one that has them this does no harm.
The commands serve, run, scheduler, pull_worker and queue_* do it by themselves.`,
		Example: "  taskflow init_db --database-url taskflow.db",
		Args:    args(0, 0, ""),
		RunE:    a.migrate,
	}
}

func (a *app) migrateDB() *cobra.Command {
	return &cobra.Command{
		Use:     "migrate_db",
		Short:   "Bring the tables of a database up to date",
		Long:    "Bring the tables of a database up to date, one transaction a step.",
		Example: "  taskflow migrate_db",
		Args:    args(0, 0, ""),
		RunE:    a.migrate,
	}
}

func (a *app) migrate(cmd *cobra.Command, _ []string) error {
	path, err := a.databasePath()
	if err != nil {
		return err
	}
	st, err := sqlite.Open(cmd.Context(), path)
	if err != nil {
		return err
	}
	defer st.Close()
	applied, err := st.Migrate(cmd.Context())
	if err != nil {
		return err
	}
	if a.json {
		return a.print(map[string]any{"database": st.Describe(), "applied": append([]string{}, applied...)})
	}
	if len(applied) == 0 {
		fmt.Fprintf(a.out, "%s is up to date\n", st.Describe())
		return nil
	}
	fmt.Fprintf(a.out, "%s: applied %s\n", st.Describe(), strings.Join(applied, ", "))
	return nil
}

func (a *app) validate() *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check the definitions",
		Long: `Check the definitions without running or storing anything. All faults are
printed, with file, line and column; the exit status is 2 if there are any.`,
		Example: "  taskflow validate --taskflow examples/weather",
		Args:    args(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			defs, err := a.defineSome()
			var faults yamldef.Faults
			if a.json && errors.As(err, &faults) {
				if err := a.print(map[string]any{"faults": faults}); err != nil {
					return err
				}
			}
			if err != nil {
				return err
			}
			workflows, tasks := []string{}, []string{}
			for _, w := range defs.Workflows {
				workflows = append(workflows, w.Name)
			}
			for _, t := range defs.Tasks {
				tasks = append(tasks, t.Name)
			}
			if a.json {
				return a.print(map[string]any{"workflows": workflows, "tasks": tasks})
			}
			fmt.Fprintf(a.out, "valid: %s, %s\n", count(len(workflows), "workflow"), count(len(tasks), "task"))
			return nil
		},
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Version is the version of this build; set it with
// -ldflags "-X github.com/taskflow-run/taskflow/cli.Version=v1.2.3".
var Version = ""

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  taskflow version",
		Args:    args(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			version := Version
			if info, ok := debug.ReadBuildInfo(); ok && version == "" {
				version = info.Main.Version
			}
			if version == "" || version == "(devel)" {
				version = "development build"
			}
			if a.json {
				return a.print(map[string]any{
					"version": version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
				})
			}
			fmt.Fprintf(a.out, "taskflow %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
