package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/taskflow-run/taskflow/internal/store"
	"github.com/taskflow-run/taskflow/internal/store/sqlite"
	"github.com/taskflow-run/taskflow/internal/store/storetest"
)

func open(t *testing.T) store.Store {
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, open)
}
