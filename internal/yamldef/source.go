package yamldef

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/taskflow-run/taskflow"
)

// nothing is the fault of a file without definitions.
const nothing = "no definitions; write workflows: or tasks: with a list under it"

// maxFile bounds the size of a file, in bytes.
const maxFile = 16 << 20

// Fault is one thing wrong with a file.
type Fault struct {
	File   string `json:"file"`
	Line   int    `json:"line"` // from 1
	Column int    `json:"column"`
	Text   string `json:"text"`
}

// Error is the place and what is wrong there.
func (f *Fault) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Text)
}

func faultAt(p position, text string) *Fault { return &Fault{p.file, p.line, p.column, text} }

// Faults are all the things wrong with some files, by file and place.
type Faults []*Fault

// Error lists the faults, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Source is what was read from YAML: definitions, where they stand, and the
// faults found so far.
type Source struct {
	workflows []*taskflow.Workflow
	tasks     []*taskflow.Task
	places    map[any]*places // by *taskflow.Task or *taskflow.Workflow
	faults    Faults
}

// Load reads the file at path, or all .yaml and .yml files in the folder.
// Faults in them are reported by [Source.Locate], together with those found
// later; an error here means that there is nothing to read.
func Load(path string) (*Source, error) {
	names, err := files(path)
	if err != nil {
		return nil, err
	}
	s := &Source{places: map[any]*places{}}
	for _, name := range names {
		if err := s.load(name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func files(path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("definitions: there is no file or folder %s", path)
	} else if err != nil {
		return nil, fmt.Errorf("definitions: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path) // sorted
	if err != nil {
		return nil, fmt.Errorf("definitions: %w", err)
	}
	var names []string
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && (ext == ".yaml" || ext == ".yml") {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("definitions: folder %s has no .yaml or .yml files", path)
	}
	return names, nil
}

func (s *Source) load(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("definitions: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return fmt.Errorf("definitions: %w", err)
	}
	if len(data) > maxFile {
		return fmt.Errorf("definitions: %s is larger than %d MiB", name, maxFile>>20)
	}
	folder, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return fmt.Errorf("definitions: %w", err)
	}
	s.parse(name, folder, data)
	return nil
}

// parse reads the text of one file.
func (s *Source) parse(name, folder string, data []byte) {
	d := &decoder{file: name, places: map[any]*places{}}
	defer func() { s.faults = append(s.faults, d.faults...) }()
	doc := d.document(data)
	if doc == nil {
		return
	}
	var content file
	d.decode(doc, reflect.ValueOf(&content).Elem(), scope{})
	if len(d.faults) == 0 && len(content.Workflows)+len(content.Tasks) == 0 {
		d.faults = append(d.faults, faultAt(position{name, 1, 1}, nothing))
	}

	c := converter{dir: folder, fault: func(subject any, field, reason string, args ...any) {
		p := d.places[subject]
		kind, name := kindAndName(subject)
		p.faulty[field] = true
		d.faults = append(d.faults, faultAt(p.find(field, ""), fmt.Sprintf("%s %q: %s: ", kind, name, field)+fmt.Sprintf(reason, args...)))
	}}
	for _, w := range content.Workflows {
		defined := c.workflow(w)
		for _, t := range w.Tasks {
			defined.Tasks = append(defined.Tasks, s.task(c, d, t))
		}
		s.places[defined] = d.places[w]
		s.workflows = append(s.workflows, defined)
	}
	for _, t := range content.Tasks {
		s.tasks = append(s.tasks, s.task(c, d, t))
	}
}

func (s *Source) task(c converter, d *decoder, t *task) *taskflow.Task {
	defined := c.task(t)
	s.places[defined] = d.places[t]
	return defined
}

func kindAndName(subject any) (kind, name string) {
	if w, ok := subject.(*workflow); ok {
		return "workflow", w.Name
	}
	return "task", subject.(*task).Name
}

// document returns the one document of a file, nil if there is none.
func (d *decoder) document(data []byte) *yaml.Node {
	var doc, next yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	err := dec.Decode(&doc)
	if err == nil {
		if again := dec.Decode(&next); again == nil {
			d.faults = append(d.faults, faultAt(d.at(&next), "a file holds one document; put the next one into a file of its own"))
		} else if !errors.Is(again, io.EOF) {
			err = again
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		d.syntax(data, err)
		return nil
	}
	if len(doc.Content) == 0 || isNull(doc.Content[0]) {
		d.faults = append(d.faults, faultAt(position{d.file, 1, 1}, nothing))
		return nil
	}
	return doc.Content[0]
}

// syntax notes an error of the YAML parser's.
func (d *decoder) syntax(data []byte, err error) {
	at := position{d.file, 1, 1}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var e *yaml.LoadError
	if errors.As(err, &e) {
		text = e.Message
		if e.Mark.Line > 0 {
			at.line, at.column = e.Mark.Line, max(1, e.Mark.Column)
		}
	}
	lines := bytes.Split(data, []byte("\n"))
	if at.line <= len(lines) {
		if _, value, ok := strings.Cut(string(lines[at.line-1]), ":"); ok && strings.HasPrefix(strings.TrimSpace(value), "*") {
			text += "; a value that begins with * must be quoted"
		}
	}
	d.faults = append(d.faults, faultAt(at, "not YAML: "+text))
}

// find returns where an item of a field stands, or the field, or the
// definition.
func (p *places) find(field, item string) position {
	if at, ok := p.items[field][item]; ok && item != "" {
		return at
	}
	if at, ok := p.fields[field]; ok {
		return at
	}
	return p.start
}

// AddTo adds the definitions.
func (s *Source) AddTo(tf *taskflow.Taskflow) {
	tf.AddWorkflows(s.workflows...)
	tf.AddTasks(s.tasks...)
}

// Locate returns all faults of the files: those of form, and those in err,
// which [taskflow.Taskflow.Definitions] returned, with their places. A field
// with a fault of form gets no other. Faults of definitions that came from
// elsewhere come last, without a place.
func (s *Source) Locate(err error) error {
	var meaning taskflow.Faults
	if err != nil && !errors.As(err, &meaning) {
		return err
	}
	located := slices.Clone(s.faults)
	var elsewhere taskflow.Faults
	for _, f := range meaning {
		p := s.places[f.Subject]
		switch {
		case p == nil:
			elsewhere = append(elsewhere, f)
		case !p.faulty[f.Field]:
			located = append(located, faultAt(p.find(f.Field, f.Item), f.Error()))
		}
	}
	slices.SortStableFunc(located, func(a, b *Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	switch {
	case len(elsewhere) == 0 && len(located) == 0:
		return nil
	case len(elsewhere) == 0:
		return located
	case len(located) == 0:
		return elsewhere
	}
	return errors.Join(located, elsewhere)
}
