package cron

import "time"

// Fires lie in the years 1 to 9999, whose first second is the zero time and so
// means "none".
var (
	earliest = time.Time{}.Unix() + 1
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
)

const (
	day = 24 * 60 * 60

	// No two matching days lie further apart, so a search that gets as far will
	// find nothing: the local times are all left out, as "30 2 * 3 SUN#2" is in
	// New York with GapSkip.
	horizon = 50 * 366 * day
)

// Next returns the first fire strictly after the time given, in UTC, or the zero
// time if there is none in the 50 years after it or before the year 10000.
func (s *Schedule) Next(after time.Time) time.Time {
	return s.seek(after.Unix()+1, 1)
}

// Prev returns the last fire strictly before the time given, in UTC, or the zero
// time if there is none in the 50 years before it or after the year 0.
func (s *Schedule) Prev(before time.Time) time.Time {
	return s.seek(before.Add(-1).Unix(), -1)
}

// seek returns the fire nearest to the instant given, itself included, going
// forward (dir 1) or back (dir -1).
//
// It goes from span to span of one offset from UTC. Within a span local time
// runs like UTC, and the calendar answers. Between two spans it leaps to where
// the next matching local time can be, so that a rare schedule does not look at
// every change of clocks of 40 years.
func (s *Schedule) seek(from, dir int64) time.Time {
	t := min(max(from, earliest), latest)
	if dir > 0 && from > t || dir < 0 && from < t {
		return time.Time{} // every fire lies behind
	}
	limit := min(max(t+dir*horizon, earliest), latest)
	for dir*(limit-t) >= 0 {
		at := s.spanAt(t)
		if fire, ok := s.within(at, t, dir); ok && dir*(limit-fire) >= 0 {
			return time.Unix(fire, 0).UTC()
		}
		t = at.past(dir)
		// A local time is less than a day from UTC, and so is the end of a gap
		// from the local times in it: nothing fires before w less a day.
		w, ok := s.calendar.seek(t-dir*day, int(dir))
		if near := w - dir*day; ok && dir*(near-t) > 0 {
			t = near
		}
	}
	return time.Time{}
}

// within returns the fire of the span nearest to its instant t. The fire for the
// gap before the span is the span's first instant.
func (s *Schedule) within(at span, t, dir int64) (int64, bool) {
	if dir > 0 && t == at.start && s.firesForGap(at) {
		return t, true
	}
	w := t + at.offset
	for {
		match, ok := s.calendar.seek(w, int(dir))
		if !ok || !at.shows(match) {
			break
		}
		rival, ok := s.rival(at, match)
		if !ok {
			return match - at.offset, true
		}
		w = rival.past(dir) + rival.offset
	}
	if dir < 0 && s.firesForGap(at) {
		return at.start, true
	}
	return 0, false
}

// rival returns the span that also shows local time w and fires in place of at.
func (s *Schedule) rival(at span, w int64) (span, bool) {
	switch s.overlap {
	case OverlapFirst:
		return s.alsoShows(at, w, -1)
	case OverlapLast:
		return s.alsoShows(at, w, 1)
	default:
		return span{}, false
	}
}

// firesForGap reports whether a matching local time was jumped over at the start
// of a span and fires there.
func (s *Schedule) firesForGap(at span) bool {
	if s.gap == GapSkip {
		return false
	}
	_, ok := s.missing(at, 1)
	return ok
}

// missing returns the matching local time that does not exist for the jump at
// the start of a span: the first one (dir 1) or the last one (dir -1).
func (s *Schedule) missing(at span, dir int64) (int64, bool) {
	before := s.spanAt(at.past(-1))
	lo, hi := before.end+before.offset, at.start+at.offset
	w := lo
	if dir < 0 {
		w = hi - 1
	}
	for lo <= w && w < hi {
		match, ok := s.calendar.seek(w, int(dir))
		if !ok || match < lo || match >= hi {
			break
		}
		// Two jumps close together: what one leaves out the other may show.
		other, ok := s.alsoShows(at, match, -1)
		if !ok {
			other, ok = s.alsoShows(at, match, 1)
		}
		if !ok {
			return match, true
		}
		w = other.past(dir) + other.offset
	}
	return 0, false
}
