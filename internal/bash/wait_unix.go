//go:build unix && !linux

package bash

import "os"

// waiter waits for a process. On Linux it can leave the process its number
// until reap is called; here the number is free as soon as it has ended, and
// is in practice not given out again at once.
type waiter struct {
	process *os.Process
	state   *os.ProcessState
}

// awaitExit returns when the process has ended.
func (w *waiter) awaitExit() (err error) {
	w.state, err = w.process.Wait()
	return err
}

// reap returns how it ended.
func (w *waiter) reap() (*os.ProcessState, error) { return w.state, nil }
