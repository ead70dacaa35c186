package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/taskflow-run/taskflow/internal/store"
	"github.com/taskflow-run/taskflow/internal/store/sqlite"
	"github.com/taskflow-run/taskflow/internal/store/storetest"
)

func open(t *testing.T) store.Store {
	st, _ := openFile(t)
	return st
}

// openFile opens a new file, and returns its path too.
func openFile(t *testing.T) (*sqlite.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	st, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st, path
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, open)
}
