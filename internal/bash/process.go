package bash

import (
	"io"
	"os"
	"time"
)

// process is a script to be run, with everything it gets. How it is run is a
// matter of the operating system.
type process struct {
	path           string
	args, env      []string
	dir            string
	stdin          *os.File
	stdoutFile     *os.File // instead of stdout, if not nil
	stdout, stderr io.Writer
	grace          time.Duration // from SIGTERM to SIGKILL
}
