//go:build unix

package bash_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/bash"
)

// TestMain looks for what attempts must not leave behind: goroutines, open
// files and children, dead or alive.
func TestMain(m *testing.M) {
	if os.Getenv("BASH_TEST_MISSING") != "" {
		_, err := bash.Command{Task: &taskflow.Task{Command: "true"}}.Execute(context.Background(), &taskflow.TaskInstance{})
		fmt.Print(err)
		os.Exit(0)
	}
	// As if this process were a task itself.
	for _, name := range leaking {
		os.Setenv(name, "of another attempt")
	}
	files := openFiles()
	code := m.Run()
	if code == 0 && flag.Lookup("test.fuzz").Value.String() == "" { // fuzzing has children of its own
		code = leftovers(files)
	}
	os.Exit(code)
}

func leftovers(files int) int {
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > 1; runtime.Gosched() {
		if time.Now().After(deadline) {
			fmt.Println("goroutines are left:")
			_ = pprof.Lookup("goroutine").WriteTo(os.Stdout, 1)
			return 1
		}
	}
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); !errors.Is(err, syscall.ECHILD) {
		fmt.Println("a child is left:", pid, err)
		return 1
	}
	// The runtime itself opens a few, for polling and processes, and keeps them.
	if n := openFiles(); n > files+8 {
		fmt.Println("files are left open:", n-files)
		return 1
	}
	return 0
}

func openFiles() int {
	entries, _ := os.ReadDir("/dev/fd")
	return len(entries)
}

// attempt is one execution under test.
type attempt struct {
	task   taskflow.Task
	ti     taskflow.TaskInstance
	grace  time.Duration
	stdout screen
	stderr screen
}

func script(command string) *attempt {
	return &attempt{task: taskflow.Task{Name: "t", Command: command}, ti: taskflow.TaskInstance{TaskName: "t"}}
}

func (a *attempt) run(ctx context.Context) (any, error) {
	if a.ti.Stdout == nil {
		a.ti.Stdout = &a.stdout
	}
	a.ti.Stderr = &a.stderr
	return bash.Command{Task: &a.task, KillGrace: a.grace}.Execute(ctx, &a.ti)
}

// must runs an attempt that has to succeed and returns what it printed.
func (a *attempt) must(t *testing.T) string {
	t.Helper()
	if _, err := a.run(t.Context()); err != nil {
		t.Fatalf("%v\nstderr: %s", err, a.stderr.String())
	}
	return a.stdout.String()
}

// mustFail runs an attempt that has to fail with an error that says all of want.
func (a *attempt) mustFail(t *testing.T, want ...string) {
	t.Helper()
	result, err := a.run(t.Context())
	if err == nil {
		t.Fatalf("it succeeded with %v", result)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not say %q", err, w)
		}
	}
	if result != nil {
		t.Errorf("it returned %v with the error", result)
	}
}

// screen keeps what is written to it and lets a test wait for it.
type screen struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await returns when the text is on the screen.
func (s *screen) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.After(20 * time.Second); ; {
		s.mu.Lock()
		seen := s.text.String()
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		if strings.Contains(seen, text) {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("waited for %q in vain; there is %q", text, seen)
		}
	}
}

// fifo makes a named pipe, for scripts to wait at.
func fifo(t *testing.T) string {
	t.Helper()
	path := t.TempDir() + "/fifo"
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// gone reports whether no process has the number that a script has printed.
// A zombie that init has not reaped yet counts as gone.
func gone(t *testing.T, printed string) bool {
	t.Helper()
	var pid int
	if _, err := fmt.Sscan(printed, &pid); err != nil {
		t.Fatalf("no process id in %q", printed)
	}
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || bytes.Contains(stat, []byte(") Z "))
}

func ExampleCommand() {
	c := bash.Command{Task: &taskflow.Task{
		Name:    "greet",
		Command: `echo "Hello $TASKFLOW_PARAM_NAME"; echo '{"greeted": 1}' > "$TASKFLOW_RESULT"`,
	}}
	result, err := c.Execute(context.Background(), &taskflow.TaskInstance{
		TaskName: "greet",
		Params:   taskflow.Params{"name": "world"},
		Stdout:   os.Stdout, Stderr: os.Stderr,
	})
	fmt.Printf("%s %v\n", result.(json.RawMessage), err)
	// Output:
	// Hello world
	// {"greeted": 1} <nil>
}
