package bash

import (
	"os"
	"syscall"
)

// waiter waits for a process in two steps. In between it has ended but keeps
// its number, so that its group can be signalled without hitting another one.
type waiter struct{ process *os.Process }

// awaitExit returns when the process has ended.
func (w *waiter) awaitExit() error {
	const byPID = 1 // P_PID
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(w.process.Pid), 0,
			syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		switch errno {
		case 0:
			return nil
		case syscall.EINTR:
		default:
			return os.NewSyscallError("waitid", errno)
		}
	}
}

// reap takes the process away.
func (w *waiter) reap() (*os.ProcessState, error) { return w.process.Wait() }
