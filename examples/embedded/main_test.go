package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskflow-run/taskflow/cli"
)

func TestGoAndBashWorkTogether(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "test.db")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"run", "signups"}, "signups: success"},
		{[]string{"logs", "--workflow-instance-id", "1"}, "report | 3 people at 2 domains"},
		{[]string{"run", "heartbeat"}, "heartbeat: success"},
	} {
		var out bytes.Buffer
		status := cli.Run(t.Context(), define(), append(c.args, "--database-url", database), &out, &out)
		if status != 0 || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: exit status %d, want %q in\n%s", c.args, status, c.want, &out)
		}
	}
}
