package cron

import "time"

// A calendar says which local times match, on a clock that never changes: local
// times are counted in seconds as if the zone were UTC ("wall seconds"). Zones
// come in above it, in next.go.
type calendar struct {
	second, minute, hour, month set

	day      set // days of the month from its first, 1-31
	fromLast set // and from its last: bit 3 is the third day before it

	week     [5]set // weekdays (0 = Sunday) in days 1-7, 8-14 ... 29-35 of the month
	lastWeek set    // and in its last seven days

	either bool // a day of the month or a day of the week suffices
}

// The years searched; one more at each end than fires may lie in, so that the
// local time of every such fire is within.
const firstYear, lastYear = 0, 10000

// seek returns the matching wall second nearest to w, w included, going forward
// (dir 1) or back (dir -1). At most some 40 years part two matching days: a
// given weekday on 29 February, across a year 2100.
func (c *calendar) seek(w int64, dir int) (int64, bool) {
	at := time.Unix(w, 0).UTC()
	y, m, d := at.Date()
	if y < firstYear || y > lastYear {
		return 0, false
	}
	if c.month.has(int(m)) && c.days(y, m).has(d) {
		if h, m, s, ok := c.clock(at, dir); ok {
			return w - int64(at.Hour()-h)*3600 - int64(at.Minute()-m)*60 - int64(at.Second()-s), true
		}
	}
	y, m, d, ok := c.date(y, m, d+dir, dir)
	if !ok {
		return 0, false
	}
	return time.Date(y, m, d, c.hour.edge(dir), c.minute.edge(dir), c.second.edge(dir), 0, time.UTC).Unix(), true
}

// clock returns the matching time nearest to at on its day.
func (c *calendar) clock(at time.Time, dir int) (h, m, s int, ok bool) {
	h, m, s = at.Clock()
	if c.hour.has(h) {
		if c.minute.has(m) {
			if s, ok := c.second.seek(s, dir); ok {
				return h, m, s, true
			}
		}
		if m, ok := c.minute.seek(m+dir, dir); ok {
			return h, m, c.second.edge(dir), true
		}
	}
	h, ok = c.hour.seek(h+dir, dir)
	return h, c.minute.edge(dir), c.second.edge(dir), ok
}

// date returns the matching date nearest to the one given, whose day may be one
// outside the month.
func (c *calendar) date(y int, m time.Month, d, dir int) (int, time.Month, int, bool) {
	for y >= firstYear && y <= lastYear {
		if c.month.has(int(m)) {
			if d, ok := c.days(y, m).seek(d, dir); ok {
				return y, m, d, true
			}
		}
		next, ok := c.month.seek(int(m)+dir, dir)
		if !ok {
			next = c.month.edge(dir)
			y += dir
		}
		m, d = time.Month(next), outset(dir)
	}
	return 0, 0, 0, false
}

// days returns the matching days of a month.
func (c *calendar) days(y int, m time.Month) set {
	first, n := shape(y, m)
	byMonth := c.day
	for k, ok := c.fromLast.seek(0, 1); ok && k < n; k, ok = c.fromLast.seek(k+1, 1) {
		byMonth |= 1 << (n - k)
	}
	byWeek := from(c.lastWeek, (first+n)%7) << (n - 6)
	for i, weekdays := range c.week {
		byWeek |= from(weekdays, first) << (1 + 7*i)
	}

	days := byMonth & byWeek
	if c.either {
		days = byMonth | byWeek
	}
	return days & between(1, n)
}

// shape returns the weekday of the first day of a month and the number of its
// days. Rare schedules look at hundreds of months, so it does without package time.
func shape(y int, m time.Month) (first, n int) {
	n = 30 + int(m+m>>3)&1
	leap := y%4 == 0 && (y%100 != 0 || y%400 == 0)
	switch {
	case m == time.February && leap:
		n = 29
	case m == time.February:
		n = 28
	}
	// Since 1 January of the year 1, a Monday, each year has moved the weekday on
	// by one and each leap year by one more, and the months before m by shift. 400
	// years, which move it by nothing, are added for the year 0.
	shift := [...]int{0, 3, 3, 6, 1, 4, 6, 2, 5, 0, 3, 5}[m-1]
	if leap && m > time.February {
		shift++
	}
	years := y + 399
	return (1 + years + years/4 - years/100 + years/400 + shift) % 7, n
}

// from turns a set of weekdays so that bit 0 stands for the weekday given.
func from(weekdays set, first int) set {
	return (weekdays>>first | weekdays<<(7-first)) & between(0, 6)
}
