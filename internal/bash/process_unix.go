//go:build unix

package bash

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// run starts the script in a process group of its own and returns when the
// whole group is gone and what it wrote has been passed on.
func (p process) run(ctx context.Context) error {
	var relays relays
	defer relays.close()
	stdout := p.stdoutFile
	var err error
	if stdout == nil {
		stdout, err = relays.open(p.stdout)
	}
	if err != nil {
		return err
	}
	stderr, err := relays.open(p.stderr)
	if err != nil {
		return err
	}
	leader, err := os.StartProcess(p.path, p.args, &os.ProcAttr{
		Dir: p.dir, Env: p.env, Files: []*os.File{p.stdin, stdout, stderr},
		// A session of its own is a group of its own too, and has no terminal:
		// what asks for a password fails at once and does not stop for ever.
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return p.startError(err)
	}
	relays.start()
	state, interrupted, err := supervise(ctx, leader, p.grace)
	relayErr := relays.finish()
	if err != nil {
		return fmt.Errorf("cannot wait for bash: %w", err)
	}
	exitErr := exitError(state.Sys().(syscall.WaitStatus))
	if interrupted {
		if exitErr == nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%w (%w)", context.Cause(ctx), exitErr)
	}
	if exitErr == nil && relayErr != nil {
		return fmt.Errorf("cannot keep the output: %w", relayErr)
	}
	return exitErr
}

// supervise waits for the leader of a group, ends the group with it, or, when
// ctx ends, with SIGTERM and after the grace with SIGKILL. It reports whether
// it had to.
func supervise(ctx context.Context, leader *os.Process, grace time.Duration) (state *os.ProcessState, interrupted bool, err error) {
	g := group(leader.Pid)
	w := waiter{process: leader}
	exited := make(chan error, 1)
	go func() { exited <- w.awaitExit() }()
	var deadline <-chan time.Time
	select {
	case err = <-exited:
		g.signal(syscall.SIGKILL) // what the script has left behind
	case <-ctx.Done():
		interrupted = true
		timer := time.NewTimer(grace)
		defer timer.Stop()
		deadline = timer.C
		g.signal(syscall.SIGTERM)
		g.signal(syscall.SIGCONT) // what is stopped hears it too
		select {
		case err = <-exited:
		case <-deadline:
			deadline = nil
			g.signal(syscall.SIGKILL)
			err = <-exited
		}
	}
	if err != nil {
		return nil, interrupted, err
	}
	state, err = w.reap()
	if deadline != nil && !g.awaitEnd(deadline) {
		g.signal(syscall.SIGKILL)
	}
	// Killed processes go soon, but not at once. One that the kernel does not
	// let go (a dead network disk) must not hold the attempt up.
	g.awaitEnd(time.After(time.Second))
	return state, interrupted, err
}

// group is a process group, by the id of its leader. The number cannot be
// given to another one while a process of the group is there, if only as a
// leader that has ended and was not reaped.
type group int

// signal does nothing to a group that has ended.
func (g group) signal(s syscall.Signal) { _ = syscall.Kill(-int(g), s) }

// awaitEnd waits until no process of the group is left, at most until the
// deadline, and reports whether that is so. No call waits for processes that
// are not children, so it has to look again and again.
func (g group) awaitEnd(deadline <-chan time.Time) bool {
	witness := 0
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if syscall.Kill(-int(g), 0) != nil { // the usual case, at once
			return true
		}
		g.adopt()
		if witness = g.living(witness); witness == 0 {
			return true
		}
		select {
		case <-deadline:
			return false
		case <-time.After(pause):
		}
	}
}

// adopt reaps the group's orphans where they became children of this process,
// which they do if it is the init of a container.
func (g group) adopt() {
	for {
		if pid, err := syscall.Wait4(-int(g), nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
			return
		}
	}
}

// exitError says how a script that was no success ended.
func exitError(status syscall.WaitStatus) error {
	switch {
	case status.Signaled():
		return fmt.Errorf("killed by signal %d (%s)", int(status.Signal()), status.Signal())
	case status.ExitStatus() != 0:
		return fmt.Errorf("exit status %d", status.ExitStatus())
	}
	return nil
}

// startError finds words for why bash did not start; the system's are
// misleading.
func (p process) startError(err error) error {
	if p.dir != "" {
		info, statErr := os.Stat(p.dir)
		switch {
		case errors.Is(statErr, fs.ErrNotExist):
			return fmt.Errorf("working directory %s does not exist", p.dir)
		case statErr != nil:
			return fmt.Errorf("working directory: %w", statErr)
		case !info.IsDir():
			return fmt.Errorf("working directory %s is not a folder", p.dir)
		}
	}
	if errors.Is(err, syscall.E2BIG) {
		return errors.New("the script and its environment (params, results, env) are together more than a process can be given; pass the names of files instead")
	}
	return fmt.Errorf("cannot start bash: %w", err)
}
