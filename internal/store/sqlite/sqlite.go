// Package sqlite keeps everything in one SQLite file, the default database.
//
// Writes go through one connection in immediate transactions, so each state
// change is alone in the file while it happens; that is what makes claims
// exact. Reads use connections of their own and never wait for a writer (WAL).
// Many processes may work on one file on one machine; a network file system
// will not do.
//
// Committed work survives a crash of any process (synchronous = NORMAL); after
// a power cut the last moments may be missing, the file stays consistent.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/driver" // the database/sql driver "sqlite3"

	"github.com/taskflow-run/taskflow/internal/store"
)

// Store is an open SQLite database.
type Store struct {
	path    string
	write   writer
	read    *sql.DB
	asked   sync.Map // SQL text → *sql.Stmt on read
	queued  signal
	ended   signal
	graphs  sync.Map    // graph id → *store.Graph; graphs never change
	file    os.FileInfo // what was opened
	gone    atomic.Bool // the path leads elsewhere now
	watched chan struct{}
	stop    context.CancelFunc
}

var _ store.Store = (*Store)(nil)

// Open opens the file at path, and creates it if it is not there. It creates
// no tables; [Store.Migrate] does.
func Open(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, watched: make(chan struct{})}
	// The page cache is in KiB when negative.
	const pragmas = "_pragma=busy_timeout(30000)&_pragma=foreign_keys(1)&_pragma=synchronous(normal)&_pragma=temp_store(memory)&_pragma=cache_size(-4000)"
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	if err := s.write.open(ctx, file+"?"+pragmas+"&_pragma=journal_mode(wal)"); err != nil {
		return nil, s.explain(err)
	}
	if s.read, err = sql.Open("sqlite3", file+"?"+pragmas+"&_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(err, s.write.close())
	}
	s.read.SetMaxOpenConns(4)
	s.read.SetMaxIdleConns(4)
	version, err := s.dataVersion(ctx)
	if err == nil {
		s.file, err = os.Stat(path)
	}
	if err != nil {
		return nil, errors.Join(s.explain(err), s.read.Close(), s.write.close())
	}
	watchCtx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.watch(watchCtx, version)
	return s, nil
}

// Close ends the connections. It waits for a running transaction.
func (s *Store) Close() error {
	s.stop()
	<-s.watched
	return errors.Join(s.read.Close(), s.write.close())
}

// Describe names the file.
func (s *Store) Describe() string { return s.path }

// usable returns an error once the file has been deleted or replaced.
func (s *Store) usable() error {
	if s.gone.Load() {
		return fmt.Errorf("database %s: the file was deleted or replaced while it was open; start again", s.path)
	}
	return nil
}

// Copy writes a copy of the database, as it is now, to a new file.
func (s *Store) Copy(ctx context.Context, path string) error {
	s.write.mu.Lock()
	defer s.write.mu.Unlock()
	_, err := s.write.conn.ExecContext(ctx, `VACUUM INTO ?`, path)
	return s.explain(err)
}

// explain adds to an error of SQLite's what file it is about and what may be
// done.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	var hint string
	switch {
	case errors.Is(err, sqlite3.BUSY):
		hint = "another process holds a lock on the file; is a tool with an open transaction on it?"
	case errors.Is(err, sqlite3.FULL):
		hint = "the disk is full"
	case errors.Is(err, sqlite3.READONLY):
		hint = "the file or its folder cannot be written to"
	case errors.Is(err, sqlite3.NOTADB):
		hint = "the file is not an SQLite database"
	case errors.Is(err, sqlite3.CANTOPEN):
		hint = "it cannot be opened or created"
		if info, statErr := os.Stat(filepath.Dir(s.path)); statErr != nil || !info.IsDir() {
			hint = fmt.Sprintf("there is no folder %s", filepath.Dir(s.path))
		}
	case errors.Is(err, sqlite3.IOERR):
		hint = "reading or writing failed; is the disk full or failing?"
	case errors.As(err, new(*sqlite3.Error)):
		return fmt.Errorf("database %s: %w", s.path, err)
	default:
		return err
	}
	return fmt.Errorf("database %s: %s: %w", s.path, hint, err)
}
