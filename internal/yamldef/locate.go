package yamldef

import (
	"errors"
	"fmt"
	"slices"

	"github.com/taskflow-run/taskflow"
)

// places remembers where a definition and its fields stand, for faults that
// are found later.
type places struct {
	kind, name string
	start      position
	fields     map[string]position            // by field: its value
	items      map[string]map[string]position // by field: the items of a list, the keys of a map
	faulty     map[string]bool                // fields that have a fault already
}

// causes are fields whose fault of form can bring about one of meaning in
// another field.
var causes = map[string]string{"command": "push_destination", "run_if": "depends_on"}

// find returns where an item of a field stands, or the field, or the
// definition.
func (p *places) find(field, item string) position {
	if at, ok := p.items[field][item]; ok {
		return at
	}
	if at, ok := p.fields[field]; ok {
		return at
	}
	return p.start
}

// Locate returns all faults of the files as [Faults]: those of form, and those
// in err, which [taskflow.Taskflow.Definitions] returned, with their places. A
// field with a fault of form gets no other. Faults of definitions that came
// from elsewhere are joined to them, without a place.
func (s *Source) Locate(err error) error {
	var meaning taskflow.Faults
	if err != nil && !errors.As(err, &meaning) {
		return err
	}
	located := slices.Clone(s.faults)
	var elsewhere taskflow.Faults
	first := s.firstOfName()
	for _, f := range meaning {
		p := s.places[f.Subject]
		switch {
		case p == nil:
			elsewhere = append(elsewhere, f)
			continue
		case p.faulty[f.Field], p.faulty[causes[f.Field]] && causes[f.Field] != "":
			continue
		}
		reason := f.Reason
		if other := first[[2]string{f.Kind, f.Name}]; f.Field == "name" && other != p {
			reason += fmt.Sprintf(" (the first is at %s)", other.find("name", ""))
		}
		located = append(located, s.find(f).fault(f.Kind, f.Name, f.Field, reason))
	}
	switch {
	case len(located) == 0 && len(elsewhere) == 0:
		return nil
	case len(located) == 0:
		return elsewhere
	case len(elsewhere) == 0:
		return located.inOrder()
	}
	return errors.Join(located.inOrder(), elsewhere)
}

// find returns the place of a fault of meaning. A circle of tasks is found
// where the first task of it says what it depends on.
func (s *Source) find(f *taskflow.Fault) position {
	if w, ok := f.Subject.(*taskflow.Workflow); ok && f.Field == "tasks" {
		for _, t := range w.Tasks {
			if t.Name == f.Item {
				return s.places[t].find("depends_on", "")
			}
		}
	}
	return s.places[f.Subject].find(f.Field, f.Item)
}

// firstOfName returns the first definition of each kind and name, in the order
// in which they are checked.
func (s *Source) firstOfName() map[[2]string]*places {
	first := map[[2]string]*places{}
	see := func(kind, name string, definition any) {
		if key := [2]string{kind, name}; first[key] == nil {
			first[key] = s.places[definition]
		}
	}
	for _, w := range s.workflows {
		see("workflow", w.Name, w)
		for _, t := range w.Tasks {
			see("task", t.Name, t)
		}
	}
	for _, t := range s.tasks {
		see("task", t.Name, t)
	}
	return first
}
