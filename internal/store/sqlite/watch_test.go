package sqlite_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"
	"time"
)

func TestChangesByOthersAreNoticed(t *testing.T) {
	t.Parallel()
	st, path := openFile(t)
	other, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Exec(`CREATE TABLE x (n INTEGER)`); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		queued, ended := st.Queued(), st.Ended()
		if _, err := other.Exec(`INSERT INTO x VALUES (1)`); err != nil {
			t.Fatal(err)
		}
		for _, signal := range []<-chan struct{}{queued, ended} {
			select {
			case <-signal:
			case <-time.After(3 * time.Second):
				t.Fatal("a change was not noticed")
			}
		}
	}
}

func TestADeletedFileIsNoticed(t *testing.T) {
	t.Parallel()
	st, path := openFile(t)
	if _, err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended := st.Ended()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	<-ended
	if err := st.Leave(t.Context(), "w"); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a write: %v", err)
	}
	if _, err := st.TaskInstance(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "deleted or replaced") {
		t.Errorf("a read: %v", err)
	}
}
