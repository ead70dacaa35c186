package taskflow_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// rooms lists which packages of this module each may import: those below it.
// A package that is not listed may import none.
var rooms = map[string][]string{
	"":                           {"cron"},
	"internal/store":             {"", "cron"},
	"internal/store/sqlite":      {"", "cron", "internal/store"},
	"internal/store/storetest":   {"", "internal/store"},
	"internal/bash":              {""},
	"internal/yamldef":           {"", "cron"},
	"internal/yamldef/schemagen": {"internal/yamldef"},
	"internal/scheduler":         {"", "cron", "internal/store"},
	"internal/pusher":            {"", "internal/store"},
	"internal/worker":            {"", "internal/store"},
	"cli": {"", "cron", "internal/store", "internal/store/sqlite", "internal/bash", "internal/yamldef",
		"internal/scheduler", "internal/pusher", "internal/worker"},
	"cmd/taskflow":           {"", "cli"},
	"examples/embedded":      {"", "cli"},
	"examples/weather/steps": {},
}

// heavy are dependencies that the root package must not bring along.
var heavy = []string{"database/sql", "net/http", "github.com/ncruces/", "github.com/spf13/"}

func TestRoomsImportOnlyRoomsBelowThem(t *testing.T) {
	t.Parallel()
	const module = "github.com/taskflow-run/taskflow"
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath    string
			Imports, Deps []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		room := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		allowed := map[string]bool{}
		for _, a := range rooms[room] {
			allowed[a] = true
		}
		for _, imported := range p.Imports {
			below, ours := strings.CutPrefix(imported, module)
			below = strings.TrimPrefix(below, "/")
			if ours && !allowed[below] {
				t.Errorf("%q imports %q; rooms import only rooms below them", room, below)
			}
		}
		if room != "" {
			continue
		}
		for _, dep := range p.Deps {
			for _, h := range heavy {
				if strings.HasPrefix(dep, h) {
					t.Errorf("the root package depends on %s", dep)
				}
			}
		}
	}
}
