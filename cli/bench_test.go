package cli_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cli"
)

// BenchmarkRun is a whole `taskflow run`, database included, of bash steps that
// do nothing.
func BenchmarkRun(b *testing.B) {
	for name, dependsOn := range map[string]func(i int) []string{
		"a chain of 100": func(i int) []string {
			if i == 0 {
				return nil
			}
			return []string{fmt.Sprint("t", i-1)}
		},
		"200 in parallel": func(int) []string { return nil },
	} {
		n := 100
		if strings.HasPrefix(name, "200") {
			n = 200
		}
		b.Run(name, func(b *testing.B) {
			w := &taskflow.Workflow{Name: "w"}
			for i := range n {
				w.Tasks = append(w.Tasks, &taskflow.Task{Name: fmt.Sprint("t", i), Command: "true", DependsOn: dependsOn(i)})
			}
			for b.Loop() {
				tf := taskflow.New()
				tf.AddWorkflows(w)
				var out bytes.Buffer
				database := filepath.Join(b.TempDir(), "bench.db")
				if status := cli.Run(b.Context(), tf, []string{"run", "w", "--database-url", database}, &out, &out); status != 0 {
					b.Fatalf("exit status %d\n%s", status, &out)
				}
			}
		})
	}
}
