//go:build unix

package bash_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestScript(t *testing.T) {
	t.Parallel()
	t.Run("is passed on while it runs", func(t *testing.T) {
		t.Parallel()
		gate := fifo(t)
		a := script(`echo out; echo err >&2; read -r < "$GATE"; echo "then $REPLY"`)
		a.task.Env = map[string]string{"GATE": gate}
		done := make(chan error)
		go func() { _, err := a.run(t.Context()); done <- err }()
		a.stdout.await(t, "out\n")
		a.stderr.await(t, "err\n")
		if err := os.WriteFile(gate, []byte("go\n"), 0); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil || a.stdout.String() != "out\nthen go\n" {
			t.Errorf("%v, %q", err, a.stdout.String())
		}
	})
	t.Run("that fails is an error with its exit status", func(t *testing.T) {
		t.Parallel()
		script("exit 3").mustFail(t, "exit status 3")
	})
	t.Run("that a signal ends is an error with the signal", func(t *testing.T) {
		t.Parallel()
		script("kill -KILL $$").mustFail(t, "killed by signal 9 (killed)")
	})
	t.Run("may be longer than an argument", func(t *testing.T) {
		t.Parallel()
		a := script("# " + strings.Repeat("x", 300<<10) + "\necho end \"$0\"")
		got := a.must(t)
		path := strings.TrimSpace(strings.TrimPrefix(got, "end "))
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("its file %q was not removed: %v", path, err)
		}
	})
	t.Run("with a NUL byte is refused", func(t *testing.T) {
		t.Parallel()
		script("true\x00").mustFail(t, "NUL byte")
	})
	t.Run("reads nothing where there is no input file", func(t *testing.T) {
		t.Parallel()
		if got := script("wc -c").must(t); strings.TrimSpace(got) != "0" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("runs in its folder", func(t *testing.T) {
		t.Parallel()
		a := script("pwd -P > here; cat here")
		a.task.WorkingDir = t.TempDir()
		a.must(t)
		if _, err := os.Stat(a.task.WorkingDir + "/here"); err != nil {
			t.Error(err)
		}
	})
	t.Run("does not run where there is no folder", func(t *testing.T) {
		t.Parallel()
		a := script("true")
		a.task.WorkingDir = t.TempDir() + "/none"
		a.mustFail(t, "working directory "+a.task.WorkingDir+" does not exist")
		b := script("true")
		b.task.WorkingDir = os.Args[0]
		b.mustFail(t, "is not a folder")
	})
	t.Run("has no terminal to wait at", func(t *testing.T) {
		t.Parallel()
		script("read < /dev/tty").mustFail(t, "exit status 1")
	})
	t.Run("fails when its output cannot be kept", func(t *testing.T) {
		t.Parallel()
		a := script("yes | head -c 200000")
		a.ti.Stdout = brokenWriter{}
		a.mustFail(t, "cannot keep the output: broken")
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestGroupEndsWithItsScript(t *testing.T) {
	t.Parallel()
	t.Run("also what runs in the background and holds the pipe", func(t *testing.T) {
		t.Parallel()
		if pid := script("sleep 1000 & echo $!").must(t); !gone(t, pid) {
			t.Errorf("process %s lives", pid)
		}
	})
	t.Run("also what ignores SIGTERM and SIGHUP", func(t *testing.T) {
		t.Parallel()
		if pid := script("(trap '' TERM HUP; exec sleep 1000) & echo $!; exit 0").must(t); !gone(t, pid) {
			t.Errorf("process %s lives", pid)
		}
	})
	t.Run("but what has left the group holds nothing up and loses no output", func(t *testing.T) {
		t.Parallel()
		if _, err := exec.LookPath("setsid"); err != nil && runtime.GOOS != "linux" {
			t.Skip("this system has no setsid command; the test runs on Linux")
		}
		a := script(`setsid bash -c 'echo $$ > "$GATE"; exec sleep 1000' & read -r pid < "$GATE"
			echo $pid; yes | head -c 50000; exit 0`)
		a.task.Env = map[string]string{"GATE": fifo(t)}
		got := a.must(t)
		pid, rest, _ := strings.Cut(got, "\n")
		if gone(t, pid) {
			t.Error("it was killed; that is not this package's to do")
		}
		if err := exec.Command("kill", "-KILL", pid).Run(); err != nil {
			t.Error(err)
		}
		if len(rest) != 50000 {
			t.Errorf("%d bytes of output arrived", len(rest))
		}
	})
}

var errStop = errors.New("timed out after 1 s")

// stopWhenReady runs a until it prints "ready", then ends its context.
func stopWhenReady(t *testing.T, a *attempt) error {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() { _, err := a.run(ctx); done <- err }()
	a.stdout.await(t, "ready")
	cancel(errStop)
	return <-done
}

// A script that traps SIGTERM waits for sleep in the background: bash runs a
// trap only after the command in the foreground has ended.
func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("ends the whole group by SIGTERM", func(t *testing.T) {
		t.Parallel()
		a := script(`sleep 1000 & echo $! ready; sleep 1000; echo not reached`)
		a.grace = time.Hour
		err := stopWhenReady(t, a)
		if !errors.Is(err, errStop) || err.Error() != "timed out after 1 s (killed by signal 15 (terminated))" {
			t.Errorf("the error is %v", err)
		}
		if got := a.stdout.String(); !gone(t, got) || strings.Contains(got, "not reached") {
			t.Errorf("it printed %q and its child is gone: %v", got, gone(t, got))
		}
	})
	t.Run("leaves a child the time to clean up, though bash itself is gone", func(t *testing.T) {
		t.Parallel()
		a := script(`(trap 'echo cleaned up; exit 0' TERM; echo ready; sleep 1000 & wait); true`)
		a.grace = time.Hour
		if err := stopWhenReady(t, a); !errors.Is(err, errStop) {
			t.Errorf("the error is %v", err)
		}
		if got := a.stdout.String(); got != "ready\ncleaned up\n" {
			t.Errorf("it printed %q", got)
		}
	})
	t.Run("kills what does not end within the grace", func(t *testing.T) {
		t.Parallel()
		a := script(`trap '' TERM; sleep 1000 & echo $! ready; wait`)
		a.grace = 50 * time.Millisecond
		err := stopWhenReady(t, a)
		if !errors.Is(err, errStop) || !strings.Contains(err.Error(), "killed by signal 9 (killed)") {
			t.Errorf("the error is %v", err)
		}
		if !gone(t, a.stdout.String()) {
			t.Error("its child lives")
		}
	})
	t.Run("kills a child that outlives bash and the grace", func(t *testing.T) {
		t.Parallel()
		a := script(`(trap '' TERM; echo $BASHPID ready; while :; do sleep 1000; done); true`)
		a.grace = 50 * time.Millisecond
		if err := stopWhenReady(t, a); !errors.Is(err, errStop) {
			t.Errorf("the error is %v", err)
		}
		if !gone(t, a.stdout.String()) {
			t.Error("its child lives")
		}
	})
	t.Run("reaches a stopped process", func(t *testing.T) {
		t.Parallel()
		a := script(`echo ready; kill -STOP $$; echo not reached`)
		a.grace = time.Hour
		if err := stopWhenReady(t, a); !errors.Is(err, errStop) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("is no success even if the script makes it one", func(t *testing.T) {
		t.Parallel()
		a := script(`trap 'exit 0' TERM; echo ready; sleep 1000 & wait`)
		a.grace = time.Hour
		if err := stopWhenReady(t, a); !errors.Is(err, errStop) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("comes before the start if it is over already", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errStop)
		a := script("echo ran")
		if _, err := a.run(ctx); !errors.Is(err, errStop) || a.stdout.String() != "" {
			t.Errorf("the error is %v, the output %q", err, a.stdout.String())
		}
	})
}
