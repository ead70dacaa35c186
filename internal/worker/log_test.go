package worker

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/taskflow-run/taskflow/internal/store"
)

// kept plays a log's entries into a map of lines, as a store would.
func keepAll(lines map[int]string, entries []store.LogEntry) {
	for _, e := range entries {
		for n := e.Line; n <= e.DropTo; n++ {
			delete(lines, n)
		}
		lines[e.Line] = e.Text
	}
}

func smallLog(half int) *attemptLog {
	w := &Worker{Now: time.Now, lines: make(chan struct{}, 1), full: make(chan struct{}, 1)}
	l := newLog(store.Claim{ID: 1, Number: 1}, 1, w)
	l.half = half
	return l
}

func TestALogKeepsItsFirstAndLastHalfHoweverOftenItIsTaken(t *testing.T) {
	t.Parallel()
	for _, every := range []int{1, 3, 10, 1000} {
		t.Run(fmt.Sprintf("taken every %d lines", every), func(t *testing.T) {
			t.Parallel()
			l := smallLog(50) // ten lines of five bytes
			lines := map[int]string{}
			for i := range 100 {
				l.add("stdout", fmt.Sprintf("l%03d", i))
				if i%every == 0 {
					keepAll(lines, l.take())
				}
			}
			keepAll(lines, l.take())
			if len(lines) != 21 {
				t.Fatalf("%d lines: %v", len(lines), lines)
			}
			for i := range 10 {
				if got, want := lines[i+1], fmt.Sprintf("l%03d", i); got != want {
					t.Errorf("line %d is %q, want %q", i+1, got, want)
				}
				if got, want := lines[101-i], fmt.Sprintf("l%03d", 99-i); got != want {
					t.Errorf("line %d is %q, want %q", 101-i, got, want)
				}
			}
			if !strings.HasPrefix(lines[11], "[80 lines left out") {
				t.Errorf("the mark is %q", lines[11])
			}
		})
	}
}

func TestALogWithinItsCapIsKeptWhole(t *testing.T) {
	t.Parallel()
	l := smallLog(50)
	for i := range 20 {
		l.add("stdout", fmt.Sprintf("l%03d", i))
	}
	lines := map[int]string{}
	keepAll(lines, l.take())
	if len(lines) != 20 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestWritesAreCutIntoLinesOfText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		writes []string
		want   []string
	}{
		"lines across writes":      {[]string{"a", "b\nc", "\n\nd"}, []string{"ab", "c", "", "d"}},
		"carriage returns":         {[]string{"a\r\nb\r\n"}, []string{"a", "b"}},
		"what is not text":         {[]string{"a\x00b\xff\n"}, []string{"a\uFFFDb\uFFFD"}},
		"a long line":              {[]string{strings.Repeat("x", maxLine+1) + "\n"}, []string{strings.Repeat("x", maxLine), "x"}},
		"a long line without end":  {[]string{strings.Repeat("x", maxLine), "yz"}, []string{strings.Repeat("x", maxLine), "yz"}},
		"nothing":                  {nil, nil},
		"a character across a cut": {[]string{strings.Repeat("x", maxLine-1) + "é!\n"}, []string{strings.Repeat("x", maxLine-1), "é!"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := smallLog(logHalf)
			w := l.stream("stdout")
			for _, s := range c.writes {
				if n, err := w.Write([]byte(s)); n != len(s) || err != nil {
					t.Fatal(n, err)
				}
			}
			w.close()
			var got []string
			for _, e := range l.take() {
				got = append(got, e.Text)
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
				t.Errorf("got %.80q, want %.80q", got, c.want)
			}
		})
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb"), 1)
	f.Add([]byte{0xff, 0, '\r', '\n'}, 2)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		l := smallLog(100)
		w := l.stream("stdout")
		size = max(1, size%64)
		for rest := data; len(rest) > 0; {
			n := min(size, len(rest))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		w.close()
		last := 0
		for _, e := range l.take() {
			if !utf8.ValidString(e.Text) || strings.ContainsAny(e.Text, "\n\x00") {
				t.Errorf("not a line of text: %q", e.Text)
			}
			if e.Line <= last {
				t.Errorf("line %d after %d", e.Line, last)
			}
			last = e.Line
		}
	})
}
