//go:build unix

package bash

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// maxLeft bounds what is still read once the script has ended. What it wrote
// before is in the pipe and is less than this; more comes from a process that
// has left the group and goes on writing.
const maxLeft = 1 << 20

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// relays pass what a script writes on to writers, as it comes.
type relays struct {
	all     []*relay
	running sync.WaitGroup
}

type relay struct {
	from, childEnd *os.File
	to             io.Writer
	err            error // the first one of to
}

// open returns the file for the script to write to.
func (rs *relays) open(to io.Writer) (*os.File, error) {
	from, childEnd, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("cannot make a pipe for the output: %w", err)
	}
	rs.all = append(rs.all, &relay{from: from, childEnd: childEnd, to: to})
	return childEnd, nil
}

// start begins to pass on; the script has its ends of the pipes by now.
func (rs *relays) start() {
	for _, r := range rs.all {
		r.childEnd.Close()
		rs.running.Go(r.run)
	}
}

// finish passes on what there is, and then waits for no more: a process
// outside the group may hold a pipe open.
func (rs *relays) finish() error {
	var errs []error
	for _, r := range rs.all {
		_ = r.from.SetReadDeadline(time.Unix(1, 0))
	}
	rs.running.Wait()
	for _, r := range rs.all {
		errs = append(errs, r.err)
	}
	return errors.Join(errs...)
}

// close lets go of everything; no relay runs any more, or yet.
func (rs *relays) close() {
	for _, r := range rs.all {
		r.from.Close()
		r.childEnd.Close()
	}
}

// run passes on until nobody holds the other end, or finish is called.
func (r *relay) run() {
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	for {
		n, err := r.from.Read(buffer[:])
		r.write(buffer[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			r.passOnRest(buffer[:])
			return
		}
		if err != nil {
			return
		}
	}
}

// passOnRest reads what is in the pipe without waiting for more.
func (r *relay) passOnRest(buffer []byte) {
	_ = r.from.SetReadDeadline(time.Time{})
	conn, err := r.from.SyscallConn()
	if err != nil {
		return
	}
	for left := maxLeft; left > 0; {
		n := 0
		err := conn.Read(func(fd uintptr) bool {
			n, _ = syscall.Read(int(fd), buffer)
			return true // whatever came: do not wait
		})
		if err != nil || n <= 0 {
			return
		}
		r.write(buffer[:n])
		left -= n
	}
}

// write goes on reading after an error, so that the script is not stopped
// halfway by a full pipe; the attempt fails at its end.
func (r *relay) write(p []byte) {
	if len(p) == 0 || r.err != nil {
		return
	}
	_, r.err = r.to.Write(p)
}
