package store

import (
	"errors"
	"fmt"
)

// ErrStale says that what a plan rests on has changed; decide anew.
var ErrStale = errors.New("the schedule changed while it was being planned")

// ErrNotLeader says that the term of a write is over: another leads, or nobody.
var ErrNotLeader = errors.New("the leadership has ended")

// SchemaError says that the database's schema is not the program's.
type SchemaError struct {
	Database   string
	Have, Want int // versions; Have is 0 for a database without tables of ours
}

// Error says what to do about it.
func (e *SchemaError) Error() string {
	switch {
	case e.Have == 0:
		return fmt.Sprintf("%s has no Taskflow tables yet; run: taskflow init_db", e.Database)
	case e.Have < e.Want:
		return fmt.Sprintf("%s has schema version %d, this program needs %d; run: taskflow migrate_db", e.Database, e.Have, e.Want)
	default:
		return fmt.Sprintf("%s has schema version %d, this program knows only %d; use a newer taskflow", e.Database, e.Have, e.Want)
	}
}
