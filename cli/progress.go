package cli

import (
	"bytes"
	"context"
	"fmt"

	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// progress shows a run as it goes. On a terminal, one line a task: those that
// have ended scroll away above, those that run are redrawn below with their
// last log line. Elsewhere, a line for each start and end.
type progress struct {
	*app
	target  *target
	started time.Time
	live    bool // redraw
	plain   bool // without colours
	width   int
	height  int
	shown   map[int64]taskflow.Status
	drawn   int // live lines on the screen
}

func newProgress(a *app, t *target, started time.Time) *progress {
	p := &progress{app: a, target: t, started: started, shown: map[int64]taskflow.Status{}, width: 80, height: 24}
	if f, ok := a.out.(*os.File); ok && isTerminal(a.out) && !a.json && os.Getenv("TERM") != "dumb" {
		p.live = true
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			p.width, p.height = w, h
		}
	}
	p.plain = !p.live || os.Getenv("NO_COLOR") != ""
	return p
}

// interval is how often the view is drawn.
func (p *progress) interval() time.Duration {
	if p.live {
		return 100 * time.Millisecond
	}
	return 200 * time.Millisecond
}

// draw brings the view up to date.
func (p *progress) draw(ctx context.Context, e ending) error {
	if p.json {
		return nil
	}
	var b bytes.Buffer
	if p.live {
		p.erase(&b)
	}
	var running []*taskflow.TaskInstance
	waiting := p.target.tasks - len(e.instances)
	for _, ti := range e.instances {
		before := p.shown[ti.ID]
		p.shown[ti.ID] = ti.Status
		switch {
		case ti.Status.Terminal():
			if before != ti.Status {
				fmt.Fprintln(&b, p.line(ti, ti.Reason))
			}
		case ti.Status == taskflow.Running || ti.Status == taskflow.Retry:
			running = append(running, ti)
			if !p.live && before != ti.Status {
				fmt.Fprintln(&b, p.line(ti, ti.Reason))
			}
		default:
			waiting++
		}
	}
	if p.live {
		if err := p.drawLive(ctx, &b, e, running, waiting); err != nil {
			return err
		}
	}
	_, err := b.WriteTo(p.out)
	return err
}

// drawLive draws the lines that are redrawn: what runs, as many as fit, and
// what is left.
func (p *progress) drawLive(ctx context.Context, b *bytes.Buffer, e ending, running []*taskflow.TaskInstance, waiting int) error {
	if e.status.Terminal() {
		return nil
	}
	room := max(1, p.height-3)
	for i, ti := range running {
		if i == room {
			fmt.Fprintf(b, "  … and %d more running\n", len(running)-room)
			p.drawn++
			break
		}
		last := ti.Reason
		if ti.Status == taskflow.Running {
			tail, err := p.target.st.LogTail(ctx, ti.ID, 1)
			if err != nil {
				return err
			}
			if len(tail) > 0 {
				last = tail[0].Text
			}
		}
		fmt.Fprintln(b, p.line(ti, last))
		p.drawn++
	}
	foot := fmt.Sprintf("%s: %s, %d running, %d waiting", p.target.name, short(p.now().Sub(p.started)), len(running), waiting)
	if e.status == taskflow.Queued {
		why, err := p.held(ctx)
		if err != nil {
			return err
		}
		foot += why
	}
	fmt.Fprintln(b, p.dim(clip(foot, p.width)))
	p.drawn++
	return nil
}

// held says what a run that has not started waits for.
func (p *progress) held(ctx context.Context) (string, error) {
	if p.target.kind != store.WorkflowKind {
		return "", nil
	}
	open, err := p.target.st.Unfinished(ctx, p.target.name)
	if err != nil || len(open) == 0 || open[0] == p.target.id {
		return "", err
	}
	return fmt.Sprintf("; working off earlier runs first (%d unfinished, the oldest is %d)", len(open)-1, open[0]), nil
}

// erase takes the live lines off the screen.
func (p *progress) erase(b *bytes.Buffer) {
	if p.drawn > 0 {
		fmt.Fprintf(b, "\x1b[%dA\x1b[J", p.drawn)
		p.drawn = 0
	}
}

// finish leaves only the lines that stay.
func (p *progress) finish() error {
	var b bytes.Buffer
	p.erase(&b)
	_, err := b.WriteTo(p.out)
	return err
}

// The sign and colour of each state.
var signs = map[taskflow.Status]struct{ sign, colour string }{
	taskflow.Success:  {"✓", "32"},
	taskflow.Failed:   {"✗", "31"},
	taskflow.Dequeued: {"-", "33"},
	taskflow.Skipped:  {"-", "2"},
	taskflow.Retry:    {"↻", "33"},
	taskflow.Running:  {"●", "36"},
}

// line is one task: sign, name, state, duration, and the last thing it said.
func (p *progress) line(ti *taskflow.TaskInstance, last string) string {
	s := signs[ti.Status]
	took := ""
	switch {
	case !ti.StartedAt.IsZero() && !ti.EndedAt.IsZero():
		took = short(ti.EndedAt.Sub(ti.StartedAt))
	case !ti.StartedAt.IsZero():
		took = short(p.now().Sub(ti.StartedAt))
	}
	text := fmt.Sprintf("%s %-24s %-8s %7s", s.sign, ti.TaskName, ti.Status, took)
	if ti.Attempts > 1 {
		text += fmt.Sprintf("  attempt %d of %d", ti.Attempts, ti.MaxAttempts)
	}
	if last != "" {
		text += "  " + printable(last)
	}
	if p.live {
		text = clip(text, p.width)
	}
	if p.plain {
		return text
	}
	return "\x1b[" + s.colour + "m" + s.sign + "\x1b[0m" + strings.TrimPrefix(text, s.sign)
}

func (p *progress) dim(s string) string {
	if p.plain {
		return s
	}
	return "\x1b[2m" + s + "\x1b[0m"
}

// clip shortens a line to the width of the terminal, so that it takes one row.
func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	runes := []rune(s)
	return string(runes[:max(0, width-1)]) + "…"
}

// printable replaces what would move the cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}

// short is a duration for people.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.2fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

func joinWords(words []string) string { return strings.Join(words, ", ") }
