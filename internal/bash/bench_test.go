//go:build unix

package bash_test

import (
	"io"
	"os/exec"
	"testing"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/bash"
)

// What an attempt costs on top of bash itself is the difference of the two.
func BenchmarkTrue(b *testing.B) {
	b.Run("Command", func(b *testing.B) {
		c := bash.Command{Task: &taskflow.Task{Name: "true", Command: "true"}}
		for b.Loop() {
			ti := &taskflow.TaskInstance{TaskName: "true", Stdout: io.Discard, Stderr: io.Discard}
			if _, err := c.Execute(b.Context(), ti); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("os/exec alone", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command("bash", "-c", "true").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
