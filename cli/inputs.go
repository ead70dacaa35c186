package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
	"github.com/taskflow-run/taskflow/internal/store/sqlite"
	"github.com/taskflow-run/taskflow/internal/yamldef"
)

// define returns the definitions: those of the program and those in YAML.
// Faults are bad input.
func (a *app) define() (*taskflow.Definitions, error) {
	path := a.definitions
	if path == "" && a.tf.Empty() {
		path = defaultDefinitions()
	}
	var source *yamldef.Source
	if path != "" {
		var err error
		source, err = yamldef.Load(path)
		if err != nil {
			return nil, usageError{err}
		}
		source.AddTo(a.tf)
	}
	defs, err := a.tf.Definitions()
	if source != nil {
		err = source.Locate(err)
	}
	if err != nil {
		return nil, usageError{err}
	}
	return defs, nil
}

// defineSome is define for commands that are nothing without definitions.
func (a *app) defineSome() (*taskflow.Definitions, error) {
	defs, err := a.define()
	if err == nil && len(defs.Tasks) == 0 {
		err = badUsage("no definitions: there is no ./taskflow.yaml or ./taskflow/; name a file or folder with --taskflow")
	}
	return defs, err
}

func defaultDefinitions() string {
	for _, path := range []string{"taskflow.yaml", "taskflow"} {
		info, err := os.Stat(path)
		if err == nil && info.IsDir() == (filepath.Ext(path) == "") {
			return path
		}
	}
	return ""
}

// database is where state lives, as a file's path.
func (a *app) databasePath() (string, error) {
	url := a.database
	if url == "" {
		return "taskflow.db", nil
	}
	scheme, rest, found := strings.Cut(url, ":")
	switch {
	case !found, strings.ContainsAny(scheme, `/\.`), len(scheme) == 1: // a path, or one with a drive letter
		return url, nil
	case scheme == "sqlite" || scheme == "file":
		path := strings.TrimPrefix(rest, "//")
		if path == "" {
			return "", badUsage("database URL %q names no file; write sqlite:PATH", url)
		}
		return path, nil
	default:
		return "", badUsage("database URL with scheme %q: this build keeps its state in SQLite; write a path or sqlite:PATH", scheme)
	}
}

// open opens the database and makes sure of its schema. A new file gets its
// tables if the command may create it.
func (a *app) open(ctx context.Context, create bool) (*sqlite.Store, error) {
	path, err := a.databasePath()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && !create {
		return nil, fmt.Errorf("there is no database %s yet; queue or run something first, or name it with --database-url", path)
	}
	st, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	err = st.Check(ctx)
	var schema *store.SchemaError
	if errors.As(err, &schema) && schema.Have == 0 && create {
		_, err = st.Migrate(ctx)
	}
	if err != nil {
		st.Close()
		return nil, err
	}
	return st, nil
}

// parseTime reads a time as people write it; without a zone it is UTC.
func parseTime(flag, s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, badUsage("--%s %q is not a time; write it like 2026-03-07T06:00:00Z", flag, s)
}

// parseParams reads a JSON object.
func parseParams(s string) (taskflow.Params, error) {
	if s == "" {
		return nil, nil
	}
	var p taskflow.Params
	if err := json.Unmarshal([]byte(s), &p); err != nil {
		return nil, badUsage(`--params %s is not a JSON object such as {"table": "events"}: %w`, s, err)
	}
	return p, nil
}

func parsePriority(s string) (taskflow.Priority, error) {
	for _, p := range taskflow.Priorities {
		if string(p) == s || s == "" {
			return taskflow.Priority(s), nil
		}
	}
	return "", badUsage("--priority %q is not one of critical, high, normal, low", s)
}

// secondsFlag is a duration on the command line: seconds, or text such as 1m30s.
type secondsFlag struct{ d *time.Duration }

func (f secondsFlag) String() string {
	if f.d == nil {
		return ""
	}
	return f.d.String()
}

func (f secondsFlag) Type() string { return "seconds" }

func (f secondsFlag) Set(s string) error {
	d, err := time.ParseDuration(s)
	if n, numErr := strconv.ParseFloat(s, 64); numErr == nil {
		d, err = time.Duration(n*float64(time.Second)), nil
	}
	if err != nil || d < 0 || d > 365*24*time.Hour {
		return errors.New("write seconds, or a duration such as 1m30s")
	}
	*f.d = d
	return nil
}

// durationFlag adds a flag for a duration.
func durationFlag(cmd *cobra.Command, d *time.Duration, name string, value time.Duration, usage string) {
	*d = value
	cmd.Flags().Var(secondsFlag{d}, name, usage)
}
