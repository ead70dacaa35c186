package cron

import "time"

// A span is a stretch of time, start to end exclusive, in which a zone keeps one
// offset, in seconds east of UTC. Spans cover all time and do not overlap; two
// neighbours may have the same offset.
type span struct{ start, end, offset int64 }

// forever lies beyond all fires and far from overflow.
const forever = 1 << 60

// spanAt returns the span that an instant lies in.
//
// It mends two answers of time.ZoneBounds for the years after the last change
// that the time zone database lists, which follow a yearly rule. The start may
// lie before that last change. And years are taken for 365 days long
// (golang/go#81583), so that on 31 December of a leap year the bounds are those
// of the days before it.
func (s *Schedule) spanAt(t int64) span {
	at := time.Unix(t, 0).In(s.zone)
	_, offset := at.Zone()
	start, end := at.ZoneBounds()
	sp := span{-forever, forever, int64(offset)}
	if !end.IsZero() {
		sp.end = end.Unix()
	}
	if sp.end <= t {
		sp.end = t - t%day + day
	}
	if !start.IsZero() {
		sp.start = start.Unix()
		if _, end := start.ZoneBounds(); !end.IsZero() && end.Unix() <= t {
			sp.start = end.Unix()
		}
	}
	return sp
}

// past returns the first instant outside the span in a direction.
func (sp span) past(dir int64) int64 {
	if dir > 0 {
		return sp.end
	}
	return sp.start - 1
}

// shows reports whether clocks show the local time w in the span.
func (sp span) shows(w int64) bool {
	return sp.start <= w-sp.offset && w-sp.offset < sp.end
}

// alsoShows returns the nearest span before (dir -1) or after (dir 1) the one
// given in which clocks show the local time w, too.
func (s *Schedule) alsoShows(sp span, w, dir int64) (span, bool) {
	// Clocks show w less than a day from w, so the search ends soon and mostly
	// before it begins.
	for t := sp.past(dir); dir*(t-w) < day; t = sp.past(dir) {
		if sp = s.spanAt(t); sp.shows(w) {
			return sp, true
		}
	}
	return span{}, false
}
