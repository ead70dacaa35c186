package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// signal is a channel that is closed at the next change, and replaced.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

func (g *signal) next() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ch == nil {
		g.ch = make(chan struct{})
	}
	return g.ch
}

func (g *signal) raise() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ch != nil {
		close(g.ch)
		g.ch = nil
	}
}

// Queued closes at the next change after which there may be something to claim.
func (s *Store) Queued() <-chan struct{} { return s.queued.next() }

// Ended closes at the next change that may concern the scheduler.
func (s *Store) Ended() <-chan struct{} { return s.ended.next() }

// watchInterval is how often the file is looked at for changes of others. A
// look takes some microseconds, and no lock.
const watchInterval = 40 * time.Millisecond

// watch raises both signals when another process has changed the file since
// its version was seen. It looks through the writing connection, whose
// data_version does not count the changes of this process: all of them go
// through that connection.
func (s *Store) watch(ctx context.Context, seen int64) {
	defer close(s.watched)
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n%50 == 0 && s.replaced() {
			s.gone.Store(true) // everybody's next call says so
			s.queued.raise()
			s.ended.raise()
			return
		}
		// What goes wrong here goes wrong for everybody else, who will say so.
		if version, err := s.dataVersion(ctx); err == nil && version != seen {
			seen = version
			s.queued.raise()
			s.ended.raise()
		}
	}
}

// replaced reports whether the path no longer leads to the open file: what is
// written would be lost.
func (s *Store) replaced() bool {
	now, err := os.Stat(s.path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(s.file, now)
}

func (s *Store) dataVersion(ctx context.Context) (version int64, err error) {
	s.write.mu.Lock()
	defer s.write.mu.Unlock()
	t := tx{context.WithoutCancel(ctx), &s.write}
	_, err = t.one("PRAGMA data_version", nil, &version)
	return version, err
}
