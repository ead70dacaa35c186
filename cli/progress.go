package cli

import (
	"bytes"
	"context"
	"fmt"

	"os"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"
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

// draw brings the view up to date. What cannot be shown is no reason to stop:
// a closed terminal or pipe interrupts the run by a signal of its own.
func (p *progress) draw(ctx context.Context, e ending) {
	if p.json {
		return
	}
	var b bytes.Buffer
	p.rewind(&b)
	var running []*taskflow.TaskInstance
	waiting := p.target.tasks - len(e.instances)
	for _, ti := range e.instances {
		before := p.shown[ti.ID]
		p.shown[ti.ID] = ti.Status
		switch {
		case ti.Status.Terminal():
			if before != ti.Status {
				p.writeLine(&b, p.line(ti, ti.Reason))
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
	if p.live && !e.status.Terminal() {
		p.drawLive(ctx, &b, e, running, waiting)
	}
	p.clearBelow(&b)
	_, _ = b.WriteTo(p.out)
}

// drawLive draws the lines that are redrawn: what runs, as many as fit, and
// what is left.
func (p *progress) drawLive(ctx context.Context, b *bytes.Buffer, e ending, running []*taskflow.TaskInstance, waiting int) {
	room := max(1, p.height-3)
	for i, ti := range running {
		if i == room {
			p.liveLine(b, p.dim(clip(fmt.Sprintf("  … and %d more running", len(running)-room), p.width)))
			break
		}
		last := ti.Reason
		if ti.Status == taskflow.Running {
			// Without its last line the view is still of use.
			if tail, err := p.target.st.LogTail(ctx, ti.ID, 1); err == nil && len(tail) > 0 {
				last = tail[0].Text
			}
		}
		p.liveLine(b, p.line(ti, last))
	}
	foot := fmt.Sprintf("%s: %s, %d running, %d waiting", p.target.name, short(p.now().Sub(p.started)), len(running), waiting)
	if e.interrupted {
		foot += "; cancelling, again to hurry"
	}
	if e.status == taskflow.Queued {
		foot += p.held(ctx)
	}
	p.liveLine(b, p.dim(clip(foot, p.width)))
}

func (p *progress) liveLine(b *bytes.Buffer, line string) {
	p.writeLine(b, line)
	p.drawn++
}

// writeLine writes a line over whatever stands there.
func (p *progress) writeLine(b *bytes.Buffer, line string) {
	b.WriteString(line)
	if p.live {
		b.WriteString("\x1b[K")
	}
	b.WriteByte('\n')
}

// held says what a run that has not started waits for.
func (p *progress) held(ctx context.Context) string {
	if p.target.kind != store.WorkflowKind {
		return ""
	}
	open, err := p.target.st.Unfinished(ctx, p.target.name)
	if err != nil || len(open) == 0 || open[0] == p.target.id {
		return ""
	}
	return fmt.Sprintf("; working off earlier runs first (%d unfinished, the oldest is %d)", len(open)-1, open[0])
}

// rewind goes back to the first live line, to write over it. The lines are not
// erased first: some terminals keep every screen that is erased from its top.
func (p *progress) rewind(b *bytes.Buffer) {
	if p.drawn > 0 {
		fmt.Fprintf(b, "\x1b[%dA\r", p.drawn)
		p.drawn = 0
	}
}

// clearBelow erases what is left of a longer view before.
func (p *progress) clearBelow(b *bytes.Buffer) {
	if p.live {
		b.WriteString("\x1b[J")
	}
}

// finish leaves only the lines that stay.
func (p *progress) finish() {
	var b bytes.Buffer
	p.rewind(&b)
	p.clearBelow(&b)
	_, _ = b.WriteTo(p.out)
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
func clip(s string, width int) string { return runewidth.Truncate(s, width, "…") }

// escapes are the sequences that programs draw with.
var escapes = regexp.MustCompile("\x1b(\\[[0-9;:?<=>]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)?|.)")

// printable removes what would colour the line or move the cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, escapes.ReplaceAllString(s, ""))
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
