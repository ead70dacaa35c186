package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// writer is the connection that all writes of this process go through, one
// transaction after the other. Statements are prepared once on it.
type writer struct {
	db    *sql.DB
	mu    sync.Mutex // guards what follows, and is held during a transaction
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func (w *writer) open(ctx context.Context, dsn string) (err error) {
	if w.db, err = sql.Open("sqlite3", dsn); err != nil {
		return err
	}
	w.stmts = map[string]*sql.Stmt{}
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return errors.Join(err, w.db.Close())
	}
	return nil
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, st := range w.stmts {
		st.Close()
	}
	return errors.Join(w.conn.Close(), w.db.Close())
}

// tx is a write transaction under way.
type tx struct {
	ctx context.Context
	w   *writer
}

// tx runs f in a write transaction, while nobody else writes to the file, and
// commits if f returns no error. The transaction is short, and it is not cut
// off by ctx: that would leave the caller in doubt about what was written.
func (s *Store) tx(ctx context.Context, f func(tx) error) (err error) {
	if err := errors.Join(ctx.Err(), s.usable()); err != nil {
		return err
	}
	s.write.mu.Lock()
	defer s.write.mu.Unlock()
	t := tx{context.WithoutCancel(ctx), &s.write}
	if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return s.explain(err)
	}
	defer func() {
		if err != nil {
			// After some errors SQLite has rolled back by itself.
			_, _ = t.exec("ROLLBACK")
			err = s.explain(err)
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	_, err = t.exec("COMMIT")
	return err
}

func (t tx) stmt(query string) (*sql.Stmt, error) {
	if st := t.w.stmts[query]; st != nil {
		return st, nil
	}
	st, err := t.w.conn.PrepareContext(t.ctx, query)
	if err == nil {
		t.w.stmts[query] = st
	}
	return st, err
}

// exec returns how many rows it changed.
func (t tx) exec(query string, args ...any) (int64, error) {
	st, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query runs scan on each row.
func (t tx) query(query string, args []any, scan func(row) error) error {
	st, err := t.stmt(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(t.ctx, args...)
	return each(rows, err, scan)
}

// one scans the only row into dest and reports whether there was one.
func (t tx) one(query string, args []any, dest ...any) (bool, error) {
	found := false
	err := t.query(query, args, func(r row) error {
		found = true
		return r.Scan(dest...)
	})
	return found, err
}

// row is a row to scan from.
type row interface{ Scan(dest ...any) error }

// each runs scan on each of rows and closes them.
func each(rows *sql.Rows, err error, scan func(row) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ask runs a query outside a transaction, beside any writer.
func (s *Store) ask(ctx context.Context, query string, args []any, scan func(row) error) error {
	if err := s.usable(); err != nil {
		return err
	}
	known, ok := s.asked.Load(query)
	if !ok {
		st, err := s.read.PrepareContext(ctx, query)
		if err != nil {
			return s.explain(err)
		}
		if known, ok = s.asked.LoadOrStore(query, st); ok {
			st.Close() // another was faster
		}
	}
	rows, err := known.(*sql.Stmt).QueryContext(ctx, args...)
	return s.explain(each(rows, err, scan))
}
