package cron

import (
	"time"
	_ "time/tzdata" // zones are there on every machine, also in an empty container
)

// Gap says what a fixed local time does on a day on which it does not exist.
type Gap string

// The choices for a fixed time in a gap; "" means GapAfter.
const (
	GapAfter Gap = "after" // fire at the first instant after the gap
	GapSkip  Gap = "skip"  // leave the fire out
)

// Overlap says when a fixed local time fires on a day on which it occurs twice.
type Overlap string

// The choices for a repeated fixed time; "" means OverlapFirst.
const (
	OverlapFirst Overlap = "first"
	OverlapLast  Overlap = "last"
	OverlapBoth  Overlap = "both"
)

// Options places a schedule in a time zone. The zero value is UTC. Gap and
// Overlap do not concern wildcard schedules (see the package comment).
type Options struct {
	Location *time.Location // nil means UTC
	Gap      Gap
	Overlap  Overlap
}

// A Schedule is a parsed expression in a zone. It never changes.
type Schedule struct {
	expr string
	calendar
	zone *time.Location

	// What Options asks for, or, for a wildcard schedule, its rule in the same
	// words: skip what does not exist, fire at both of what occurs twice.
	gap     Gap
	overlap Overlap
}

// Parse reads an expression. Its error is a *[ParseError]; an expression that
// can never fire, such as "0 0 30 2 *", is one.
func Parse(expr string, o Options) (*Schedule, error) {
	s := &Schedule{expr: expr, zone: o.Location, gap: o.Gap, overlap: o.Overlap}
	if s.zone == nil {
		s.zone = time.UTC
	}
	switch s.gap {
	case "":
		s.gap = GapAfter
	case GapAfter, GapSkip:
	default:
		return nil, &ParseError{expr, "gap", string(o.Gap), "unknown, allowed after or skip"}
	}
	switch s.overlap {
	case "":
		s.overlap = OverlapFirst
	case OverlapFirst, OverlapLast, OverlapBoth:
	default:
		return nil, &ParseError{expr, "overlap", string(o.Overlap), "unknown, allowed first, last or both"}
	}
	wildcard, err := s.parse(expr)
	if err != nil {
		err.Expr = expr
		return nil, err
	}
	if wildcard {
		s.gap, s.overlap = GapSkip, OverlapBoth
	}
	return s, nil
}

// String returns the expression as it was written.
func (s *Schedule) String() string { return s.expr }
