package bash

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unicode/utf8"

	"github.com/taskflow-run/taskflow"
)

// resultFile is where a script leaves its result, for this attempt alone. It
// exists, empty, from the start, so that nobody else who can write to the
// folder can put one there.
type resultFile struct{ path string }

func newResultFile() (resultFile, error) {
	path, err := writeTemp("taskflow-result-*.json", "")
	if err != nil {
		return resultFile{}, fmt.Errorf("cannot make a file for the task's result: %w; TMPDIR names the folder for it", err)
	}
	return resultFile{path}, nil
}

func (f resultFile) remove() { os.Remove(f.path) }

const howToWrite = `; write JSON to it, such as: echo '{"rows": 42}' > "$TASKFLOW_RESULT"`

// read returns what the script has left, nil for nothing.
func (f resultFile) read() (json.RawMessage, error) {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist): // taken away, which is a way to leave none
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cannot read the result: %w", err)
	case !info.Mode().IsRegular():
		return nil, errors.New("$TASKFLOW_RESULT is not a file any more" + howToWrite)
	case info.Size() == 0:
		return nil, nil
	case info.Size() > 2*taskflow.MaxResult: // too large whatever the white space, and not worth the memory
		return nil, tooLarge(info.Size())
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the result: %w", err)
	}
	data = bytes.TrimSpace(data)
	if len(data) > taskflow.MaxResult {
		return nil, tooLarge(int64(len(data)))
	}
	var result json.RawMessage
	if err := json.Unmarshal(data, &result); err != nil {
		return nil, fmt.Errorf("the result in $TASKFLOW_RESULT is not JSON: %w%s", err, howToWrite)
	}
	if !utf8.Valid(result) {
		return nil, errors.New("the result in $TASKFLOW_RESULT is not UTF-8, which JSON must be" + howToWrite)
	}
	return result, nil
}

func tooLarge(size int64) error {
	return fmt.Errorf("the result in $TASKFLOW_RESULT has %d bytes, at most %d are kept; write the data to a file and hand on its name",
		size, taskflow.MaxResult)
}
