package bash

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/taskflow-run/taskflow"
)

// openInput opens what the script reads on its standard input.
func openInput(task *taskflow.Task, env environment) (*os.File, error) {
	if task.InputFile == "" {
		return os.Open(os.DevNull)
	}
	path, err := localPath(task.InputFile, task.WorkingDir, env)
	if err != nil {
		return nil, fmt.Errorf("input_file %q: %w", task.InputFile, err)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("input_file %q: %s does not exist", task.InputFile, path)
	case err != nil:
		return nil, fmt.Errorf("input_file %q: %w", task.InputFile, err)
	case info.IsDir(), info.Mode()&fs.ModeNamedPipe != 0: // to open a pipe can block for ever
		return nil, fmt.Errorf("input_file %q: %s is not a file", task.InputFile, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("input_file %q: %w", task.InputFile, err)
	}
	return f, nil
}

// output gathers the standard output under another name in the same folder,
// so that the file itself appears whole. It is nil for a task without one.
type output struct {
	temp *os.File
	path string
	kept bool
}

func createOutput(task *taskflow.Task, env environment) (*output, error) {
	if task.OutputFile == "" {
		return nil, nil
	}
	o, err := newOutput(task, env)
	if err != nil {
		return nil, fmt.Errorf("output_file %q: %w", task.OutputFile, err)
	}
	return o, nil
}

func newOutput(task *taskflow.Task, env environment) (*output, error) {
	path, err := localPath(task.OutputFile, task.WorkingDir, env)
	if err != nil {
		return nil, err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // a link stays one
	}
	old, err := os.Stat(path)
	if err == nil && !old.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file that could be replaced", path)
	}
	dir := filepath.Dir(path)
	temp, err := os.OpenFile(filepath.Join(dir, ".taskflow-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the folder %s does not exist; make it first", dir)
	}
	if err != nil {
		return nil, err
	}
	o := &output{temp: temp, path: path}
	if old != nil {
		if err := temp.Chmod(old.Mode().Perm()); err != nil {
			o.discard()
			return nil, err
		}
	}
	return o, nil
}

// file returns what the script writes to, nil if its output is to be logged.
func (o *output) file() *os.File {
	if o == nil {
		return nil
	}
	return o.temp
}

// publish lets the file appear.
func (o *output) publish() error {
	if o == nil {
		return nil
	}
	err := errors.Join(o.temp.Sync(), o.temp.Close())
	if err == nil {
		err = os.Rename(o.temp.Name(), o.path)
	}
	if err != nil {
		return fmt.Errorf("output_file %s was not kept: %w", o.path, err)
	}
	o.kept = true
	syncFolder(filepath.Dir(o.path))
	return nil
}

// discard takes back what was not published.
func (o *output) discard() {
	if o != nil && !o.kept {
		o.temp.Close()
		os.Remove(o.temp.Name())
	}
}

// syncFolder makes a rename outlive a power cut. Not every file system knows
// how to, and the file is there, so that is no error.
func syncFolder(path string) {
	if dir, err := os.Open(path); err == nil {
		_ = dir.Sync()
		dir.Close()
	}
}

var scheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// localPath returns the path that the name of a file in a definition means.
func localPath(name, workingDir string, env environment) (string, error) {
	path, err := expand(name, env)
	if err != nil {
		return "", err
	}
	if m := scheme.FindStringSubmatch(path); m != nil {
		switch s := strings.ToLower(m[1]); s {
		case "file":
			u, err := url.Parse(path)
			if err != nil || u.Host != "" && u.Host != "localhost" || u.Path == "" {
				return "", fmt.Errorf("%s is not of the form file:///folder/name", path)
			}
			path = filepath.FromSlash(u.Path)
		case "s3", "gs", "azblob":
			return "", fmt.Errorf("this build does not support %s:// yet; name a local file and copy it in the command", s)
		default:
			return "", fmt.Errorf("unknown scheme %s://; name a local file", m[1])
		}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(workingDir, path)
	}
	return path, nil
}

// reference is a dollar sign and, if it is one, the variable it names.
var reference = regexp.MustCompile(`\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})?`)

// expand replaces $VAR and ${VAR}. There is no more syntax than that; what
// looks like more is refused rather than taken as a part of the name.
func expand(s string, env environment) (string, error) {
	var err error
	expanded := reference.ReplaceAllStringFunc(s, func(ref string) string {
		name := strings.Trim(ref, "${}")
		value, ok := env[name]
		switch {
		case name == "":
			err = errors.New("a $ must start $VAR or ${VAR}")
		case !ok:
			err = fmt.Errorf("$%s is not set in the task's environment", name)
		}
		return value
	})
	return expanded, err
}
