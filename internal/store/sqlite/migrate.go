package sqlite

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/taskflow-run/taskflow/internal/store"
)

// Migrations are files named NNNN_what.sql, applied in order, each once, each
// in a transaction of its own. The version is kept in PRAGMA user_version.
//
//go:embed migrations/*.sql
var migrations embed.FS

func migrationNames() ([]string, error) {
	return fs.Glob(migrations, "migrations/*.sql") // sorted
}

// Check returns a [*store.SchemaError] unless the schema is current.
func (s *Store) Check(ctx context.Context) error {
	names, err := migrationNames()
	if err != nil {
		return err
	}
	have, err := s.version(ctx)
	if err != nil || have == len(names) {
		return err
	}
	return &store.SchemaError{Database: s.path, Have: have, Want: len(names)}
}

func (s *Store) version(ctx context.Context) (version int, err error) {
	err = s.ask(ctx, "PRAGMA user_version", nil, func(r row) error { return r.Scan(&version) })
	return version, err
}

// Migrate applies the steps that are missing.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	names, err := migrationNames()
	if err != nil {
		return nil, err
	}
	have, err := s.version(ctx)
	if err != nil {
		return nil, err
	}
	if have > len(names) {
		return nil, &store.SchemaError{Database: s.path, Have: have, Want: len(names)}
	}
	var applied []string
	for i, name := range names[have:] {
		done, err := s.step(ctx, name, have+i+1)
		if err != nil {
			return applied, fmt.Errorf("migration %s: %w", name, err)
		}
		if done {
			applied = append(applied, strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql"))
		}
	}
	return applied, nil
}

// step applies one migration, unless another process was faster.
func (s *Store) step(ctx context.Context, name string, version int) (done bool, err error) {
	script, err := migrations.ReadFile(name)
	if err != nil {
		return false, err
	}
	err = s.tx(ctx, func(t tx) error {
		var have int
		if _, err := t.one("PRAGMA user_version", nil, &have); err != nil || have >= version {
			return err
		}
		// Not through a prepared statement: a script has many.
		if _, err := t.w.conn.ExecContext(t.ctx, string(script)); err != nil {
			return err
		}
		done = true
		_, err := t.w.conn.ExecContext(t.ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
		return err
	})
	return done, err
}
