package worker

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/taskflow-run/taskflow/internal/store"
)

// The log of an attempt keeps its first and its last logHalf bytes; what lies
// between is replaced by a line that says so. Semantics §7.
const logHalf = 4 << 20

// maxLine is where a line without an end is cut into several.
const maxLine = 64 << 10

// urgent is how many bytes of lines make the worker write them without waiting
// for more.
const urgent = 256 << 10

// attemptLog gathers the lines of an attempt until the worker takes them.
// What it holds in memory is bounded by the cap of the log itself.
type attemptLog struct {
	claim       store.Claim
	attempt     int
	now         func() time.Time
	lines, full chan struct{}
	half        int

	mu        sync.Mutex
	line      int // the last one given out
	head      []store.LogEntry
	headBytes int
	tail      []kept // what the second half holds, oldest first
	tailBytes int
	fresh     []store.LogEntry // the end of tail that was not taken yet
	pending   int              // bytes not taken
	marker    int              // the line that stands for what was dropped, 0 while nothing can be
	dropped   int
	dropTo    int // the last line dropped
	dropTaken int // the last line whose removal was taken
}

type kept struct{ line, size int }

func newLog(c store.Claim, attempt int, w *Worker) *attemptLog {
	return &attemptLog{claim: c, attempt: attempt, now: w.Now, lines: w.lines, full: w.full, half: logHalf}
}

// add appends a line.
func (l *attemptLog) add(stream, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := len(text) + 1
	inHead := l.marker == 0 && l.headBytes+size <= l.half
	if !inHead && l.marker == 0 {
		l.line++
		l.marker = l.line // reserved, right after the head
	}
	l.line++
	e := store.LogEntry{Claim: l.claim, Attempt: l.attempt, Line: l.line, Time: l.now(), Stream: stream, Text: text}
	l.pending += size
	if inHead {
		l.headBytes += size
		l.head = append(l.head, e)
	} else {
		l.tail = append(l.tail, kept{l.line, size})
		l.tailBytes += size
		l.fresh = append(l.fresh, e)
		l.trim()
	}
	nudge(l.lines)
	if l.pending >= urgent {
		nudge(l.full)
	}
}

// trim drops the oldest lines of the second half until it fits.
func (l *attemptLog) trim() {
	for l.tailBytes > l.half && len(l.tail) > 1 {
		oldest := l.tail[0]
		l.tail = l.tail[1:]
		l.tailBytes -= oldest.size
		l.dropped++
		l.dropTo = oldest.line
		if len(l.fresh) > 0 && l.fresh[0].Line == oldest.line {
			l.fresh = l.fresh[1:] // never written
			l.pending -= oldest.size
		}
	}
}

// take returns what is to be written since the last take.
func (l *attemptLog) take() []store.LogEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries := l.head
	if l.dropTo > l.dropTaken {
		l.dropTaken = l.dropTo
		entries = append(entries, store.LogEntry{
			Claim: l.claim, Attempt: l.attempt, Line: l.marker, DropTo: l.dropTo,
			Time: l.now(), Stream: "taskflow",
			Text: fmt.Sprintf("[%d lines left out: a log keeps its first and last %d MiB]", l.dropped, l.half>>20),
		})
	}
	entries = append(entries, l.fresh...)
	l.head, l.fresh, l.pending = nil, nil, 0
	return entries
}

// nudge makes a receiver of ch look, now or when it next does.
func nudge(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// stream returns a writer that cuts what is written to it into lines.
func (l *attemptLog) stream(name string) *lineWriter {
	return &lineWriter{log: l, stream: name}
}

// lineWriter is safe for concurrent use, as executors may share it.
type lineWriter struct {
	log    *attemptLog
	stream string
	mu     sync.Mutex
	rest   []byte // of a line that has no end yet
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			break
		}
		w.emit(append(w.rest, p[:i]...))
		w.rest = w.rest[:0]
		p = p[i+1:]
	}
	w.rest = append(w.rest, p...)
	if len(w.rest) > maxLine {
		w.rest = append([]byte(nil), w.cut(w.rest)...)
	}
	return n, nil
}

// cut keeps all of line that is too long for one line, and returns the rest.
func (w *lineWriter) cut(line []byte) []byte {
	for len(line) > maxLine {
		end := maxLine
		for end > maxLine-utf8.UTFMax && !utf8.RuneStart(line[end]) {
			end-- // not within a character
		}
		w.keep(line[:end])
		line = line[end:]
	}
	return line
}

func (w *lineWriter) emit(line []byte) {
	w.keep(w.cut(bytes.TrimSuffix(line, []byte("\r"))))
}

// keep adds a line to the log. Databases hold text: what is not UTF-8 is
// replaced, and so is NUL.
func (w *lineWriter) keep(line []byte) {
	text := strings.ToValidUTF8(string(line), "\uFFFD")
	w.log.add(w.stream, strings.ReplaceAll(text, "\x00", "\uFFFD"))
}

// close keeps a last line without an end.
func (w *lineWriter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rest) > 0 {
		w.emit(w.rest)
		w.rest = nil
	}
}
