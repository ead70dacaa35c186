package taskflow

import (
	"errors"
	"fmt"
	"strings"
)

// Fault is one thing wrong with a definition.
type Fault struct {
	Kind    string // "task" or "workflow"
	Name    string // of the task or workflow at fault
	Field   string // as it is called in YAML, such as "depends_on"; "" for the whole
	Item    string // the list item or key of the field at fault, if it is one
	Reason  string // what is wrong and what would be right
	Subject any    // the *Task or *Workflow, as it was added
}

// Error says which definition is at fault, where in it, and why.
func (f *Fault) Error() string {
	if f.Field == "" {
		return fmt.Sprintf("%s %q: %s", f.Kind, f.Name, f.Reason)
	}
	return fmt.Sprintf("%s %q: %s: %s", f.Kind, f.Name, f.Field, f.Reason)
}

// Faults are all the things wrong with a set of definitions.
type Faults []*Fault

// Error lists the faults, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As each [Fault].
func (fs Faults) Unwrap() []error {
	errs := make([]error, len(fs))
	for i, f := range fs {
		errs[i] = f
	}
	return errs
}

// ErrNotFound says that an instance does not exist. It is wrapped in an error
// that names the instance.
var ErrNotFound = errors.New("not found")

// UnknownError says that no task or workflow of that name is defined.
type UnknownError struct {
	Kind string // "task" or "workflow"
	Name string
}

// Error names the definition that is missing.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("%s %q is not defined", e.Kind, e.Name)
}

// DuplicateError says that an unfinished instance with the same unique key is
// there already.
type DuplicateError struct {
	Kind, Name string
	Unique     string
	ID         int64 // of the instance that is there
}

// Error names the instance that is there.
func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s %q: instance %d with unique %q has not ended yet", e.Kind, e.Name, e.ID, e.Unique)
}
