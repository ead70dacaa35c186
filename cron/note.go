package cron

import (
	"fmt"
	"strings"
	"time"
)

// Note says, for people, how a change of clocks changed a fire or the time since
// the fire before it: "02:30 does not exist on 2026-03-08, fires after the gap at
// 03:00". It is "" where clocks changed nothing, and for an instant that is no
// fire.
func (s *Schedule) Note(fire time.Time) string {
	if !s.Next(fire.Add(-1)).Equal(fire) {
		return ""
	}
	t := fire.Unix()
	at := s.spanAt(t)
	if t == at.start && s.firesForGap(at) {
		first, _ := s.missing(at, 1)
		return s.missed(at) + ", fires after the gap at " + onDay(t+at.offset, first)
	}
	if words := s.repeated(at, t+at.offset); words != "" {
		return words
	}
	return s.since(at, t)
}

// missed says what the jump at the start of a span left out.
func (s *Schedule) missed(at span) string {
	first, _ := s.missing(at, 1)
	last, _ := s.missing(at, -1)
	if first == last {
		return showClock(first) + " does not exist on " + showDate(first)
	}
	return showClock(first) + " to " + onDay(last, first) + " do not exist on " + showDate(first)
}

// repeated says which of two times with the local time w this one is.
func (s *Schedule) repeated(at span, w int64) string {
	_, earlier := s.alsoShows(at, w, -1)
	_, later := s.alsoShows(at, w, 1)
	which := "first"
	switch {
	case !earlier && !later:
		return ""
	case earlier:
		which = "second"
	}
	words := fmt.Sprintf("%s occurs twice on %s, this is the %s", showClock(w), showDate(w), which)
	if s.overlap == OverlapBoth {
		words += " of two fires"
	}
	return words
}

// since says what happened between the fire before and this one: fires left out,
// or, for a schedule that fires daily or more often, a span longer or shorter
// than it looks.
func (s *Schedule) since(at span, t int64) string {
	before := s.Prev(time.Unix(t, 0))
	if before.IsZero() {
		return ""
	}
	for before.Unix() < at.start {
		old := s.spanAt(at.past(-1))
		if s.gap == GapSkip {
			if _, ok := s.missing(at, 1); ok {
				return s.missed(at) + ", left out"
			}
		}
		if apart := t - before.Unix(); apart <= day+day/2 && old.offset != at.offset {
			return fmt.Sprintf("clocks go from %s to %s on %s, %s after the fire before",
				showClock(at.start+old.offset), showClock(at.start+at.offset), showDate(at.start+old.offset), showDuration(apart))
		}
		at = old
	}
	return ""
}

// onDay is the local time w, with its date if that is not the one of another.
func onDay(w, other int64) string {
	if showDate(w) == showDate(other) {
		return showClock(w)
	}
	return showClock(w) + " on " + showDate(w)
}

func showClock(w int64) string {
	return strings.TrimSuffix(time.Unix(w, 0).UTC().Format("15:04:05"), ":00")
}

func showDate(w int64) string { return time.Unix(w, 0).UTC().Format(time.DateOnly) }

// showDuration is shorter than a time.Duration's text: 23h, not 23h0m0s.
func showDuration(seconds int64) string {
	words := ""
	for _, unit := range []struct {
		seconds int64
		letter  string
	}{{3600, "h"}, {60, "m"}, {1, "s"}} {
		if n := seconds / unit.seconds; n > 0 {
			words += fmt.Sprint(n) + unit.letter
		}
		seconds %= unit.seconds
	}
	return words
}
