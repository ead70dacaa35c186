package yamldef

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/taskflow-run/taskflow"
)

// nothing is the fault of a file without definitions.
const nothing = "no definitions; write workflows: or tasks: with a list under it"

// maxFile bounds the size of a file, in bytes: room for ten thousand tasks.
const maxFile = 4 << 20

// Source is what was read from YAML: definitions, where they stand, and the
// faults found so far.
type Source struct {
	workflows []*taskflow.Workflow
	tasks     []*taskflow.Task
	places    map[any]*places // by *taskflow.Task or *taskflow.Workflow
	faults    Faults
}

// Load reads the file at path, or all .yaml and .yml files in the folder,
// hidden ones and those of folders in it left out. Faults in them are reported
// by [Source.Locate], together with those found later; an error here means
// that something cannot be read at all.
func Load(path string) (*Source, error) {
	names, err := files(path)
	if err != nil {
		return nil, fmt.Errorf("definitions: %w", err)
	}
	s := newSource()
	for _, name := range names {
		if err := s.load(name); err != nil {
			return nil, fmt.Errorf("definitions: %w", err)
		}
	}
	return s, nil
}

func newSource() *Source { return &Source{places: map[any]*places{}} }

func files(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("there is no file or folder %s; check the path, or create it", path)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path) // sorted
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && (ext == ".yaml" || ext == ".yml") {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("folder %s has no .yaml or .yml files; put one there, or name another folder", path)
	}
	return names, nil
}

func (s *Source) load(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return err
	}
	if len(data) > maxFile {
		return fmt.Errorf("%s is larger than %d MiB; split it into several files of a folder", name, maxFile>>20)
	}
	folder, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return err
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
	if d.gaveUp {
		return // what follows from half a file is no help
	}
	if len(d.faults) == 0 && len(content.Workflows)+len(content.Tasks) == 0 {
		d.faultAt(position{name, 1, 1}, nothing)
	}
	c := converter{dir: folder, fault: d.faultLater}
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

// AddTo adds the definitions, also those with faults: what refers to them is
// not at fault. Call it once.
func (s *Source) AddTo(tf *taskflow.Taskflow) {
	tf.AddWorkflows(s.workflows...)
	tf.AddTasks(s.tasks...)
}
