package cron

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The oracle knows nothing of the implementation: it reads an expression in its
// own naive way and walks through a stretch of time tick by tick.

// An oracle is an expression as lists of what each field allows.
type oracle struct {
	second, minute, hour, month [64]bool
	dom, dow                    []string
	domStar, dowStar, wildcard  bool
}

func newOracle(expr string) oracle {
	f := strings.Fields(strings.ToUpper(expr))
	if len(f) == 5 {
		f = append([]string{"0"}, f...)
	}
	return oracle{
		second:   naiveField(f[0], 0, 59, ""),
		minute:   naiveField(f[1], 0, 59, ""),
		hour:     naiveField(f[2], 0, 23, ""),
		month:    naiveField(f[4], 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"),
		dom:      strings.Split(f[3], ","),
		dow:      strings.Split(f[5], ","),
		domStar:  strings.HasPrefix(f[3], "*"),
		dowStar:  strings.HasPrefix(f[5], "*"),
		wildcard: strings.HasPrefix(f[1], "*") || strings.HasPrefix(f[2], "*"),
	}
}

// naiveField walks from a range's start to its end, round the end of the field.
func naiveField(field string, lo, hi int, names string) (ok [64]bool) {
	number := func(s string) int {
		if i := strings.Index(names, s); len(s) == 3 && i >= 0 {
			return lo + i/3
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			panic(err)
		}
		return n
	}
	for item := range strings.SplitSeq(field, ",") {
		part, stepText, hasStep := strings.Cut(item, "/")
		step := 1
		if hasStep {
			step = number(stepText)
		}
		a, b, isRange := strings.Cut(part, "-")
		var from, to int
		switch {
		case part == "*":
			from, to = lo, hi
		case isRange:
			from, to = number(a), number(b)
		case hasStep:
			from, to = number(a), hi
		default:
			from, to = number(a), number(a)
		}
		if lo == 0 && hi == 6 { // weekdays, where 7 is 0 unless it ends a range from 0
			if from == 0 && to == 7 {
				to = 6
			}
			from, to = from%7, to%7
		}
		for v, count := from, 0; ; count++ {
			if count%step == 0 {
				ok[v] = true
			}
			if v == to {
				break
			}
			if v++; v > hi {
				v = lo
			}
		}
	}
	return ok
}

const weekdayNames = "SUNMONTUEWEDTHUFRISAT"

func (o oracle) matchesDay(date time.Time) bool {
	inMonth := func(days int) bool { return date.AddDate(0, 0, days).Month() == date.Month() }
	dom := slices.ContainsFunc(o.dom, func(item string) bool {
		if !strings.HasPrefix(item, "L") {
			return naiveField(item, 1, 31, "")[date.Day()]
		}
		k, _ := strconv.Atoi(strings.TrimPrefix(item, "L-"))
		return inMonth(k) && !inMonth(k+1)
	})
	dow := slices.ContainsFunc(o.dow, func(item string) bool {
		name, nth, hasNth := strings.Cut(item, "#")
		name, hasLast := strings.CutSuffix(name, "L")
		if !naiveField(name, 0, 6, weekdayNames)[date.Weekday()] {
			return false
		}
		return (!hasNth || strconv.Itoa((date.Day()+6)/7) == nth) && (!hasLast || !inMonth(7))
	})
	if !o.month[date.Month()] {
		return false
	}
	if o.domStar || o.dowStar {
		return dom && dow
	}
	return dom || dow
}

// A moment is a local time with the instants at which clocks show it, or, if
// they jump over it, those to which they jump.
type moment struct {
	local   time.Time // as if in UTC
	shown   []int64
	landing []int64
}

// A stretch is what the clocks of a zone show over a time.
type stretch struct {
	name     string
	zone     *time.Location
	from, to int64 // where fires are compared; moments reach beyond
	moments  []moment
}

// walk looks at the clocks at each tick of half the stretch before and after its
// middle, and of the margin beyond.
func walk(zone *time.Location, middle time.Time, half, margin, tick time.Duration) stretch {
	s := stretch{zone.String() + " " + middle.Format(time.DateOnly), zone, middle.Add(-half).Unix(), middle.Add(half).Unix(), nil}
	at := map[int64]int{}
	find := func(w int64) *moment {
		i, ok := at[w]
		if !ok {
			i = len(s.moments)
			at[w] = i
			s.moments = append(s.moments, moment{local: time.Unix(w, 0).UTC()})
		}
		return &s.moments[i]
	}
	step := int64(tick / time.Second)
	expected := int64(0)
	for u := middle.Add(-half - margin).Unix(); u <= middle.Add(half+margin).Unix(); u += step {
		_, offset := time.Unix(u, 0).In(zone).Zone()
		w := u + int64(offset)
		if expected == 0 {
			expected = w
		}
		for ; expected < w; expected += step {
			m := find(expected)
			m.landing = append(m.landing, u)
		}
		m := find(w)
		m.shown = append(m.shown, u)
		expected = w + step
	}
	return s
}

// fires lists the fires in a stretch, in order.
func (o oracle) fires(s stretch, gap Gap, overlap Overlap) []int64 {
	if o.wildcard {
		gap, overlap = GapSkip, OverlapBoth
	}
	var fires []int64
	days := map[int]bool{}
	for _, m := range s.moments {
		h, min, sec := m.local.Clock()
		if !o.hour[h] || !o.minute[min] || !o.second[sec] {
			continue
		}
		day := int(m.local.Unix() / 86400)
		ok, known := days[day]
		if !known {
			ok = o.matchesDay(m.local)
			days[day] = ok
		}
		switch n := len(m.shown); {
		case !ok:
		case n == 0 && gap != GapSkip:
			fires = append(fires, m.landing...)
		case n == 0:
		case overlap == OverlapBoth:
			fires = append(fires, m.shown...)
		case overlap == OverlapLast:
			fires = append(fires, m.shown[n-1])
		default:
			fires = append(fires, m.shown[0])
		}
	}
	slices.Sort(fires)
	fires = slices.Compact(fires)
	return slices.DeleteFunc(fires, func(u int64) bool { return u < s.from || u >= s.to })
}

// agree compares a schedule with the oracle, forwards and backwards.
func agree(t *testing.T, expr string, s stretch, gap Gap, overlap Overlap) {
	t.Helper()
	schedule, err := Parse(expr, Options{s.zone, gap, overlap})
	if err != nil {
		t.Fatalf("%q: %v", expr, err)
	}
	want := newOracle(expr).fires(s, gap, overlap)
	at := time.Unix(s.from-1, 0)
	for _, u := range want {
		next := schedule.Next(at)
		if next.Unix() != u {
			t.Fatalf("%q in %s, gap %q, overlap %q: Next(%v) is %v, want %v",
				expr, s.name, gap, overlap, at.In(s.zone), next.In(s.zone), time.Unix(u, 0).In(s.zone))
		}
		at = next
	}
	if next := schedule.Next(at); !next.IsZero() && next.Unix() < s.to {
		t.Fatalf("%q in %s, gap %q, overlap %q: Next(%v) is %v, want none",
			expr, s.name, gap, overlap, at.In(s.zone), next.In(s.zone))
	}
	at = time.Unix(s.to, 0)
	for _, u := range slices.Backward(want) {
		prev := schedule.Prev(at)
		if prev.Unix() != u {
			t.Fatalf("%q in %s, gap %q, overlap %q: Prev(%v) is %v, want %v",
				expr, s.name, gap, overlap, at.In(s.zone), prev.In(s.zone), time.Unix(u, 0).In(s.zone))
		}
		at = prev
	}
	if prev := schedule.Prev(at); prev.Unix() >= s.from {
		t.Fatalf("%q in %s, gap %q, overlap %q: Prev(%v) is %v, want none",
			expr, s.name, gap, overlap, at.In(s.zone), prev.In(s.zone))
	}
}

// randomField writes one field of an expression. Low values are more frequent:
// clocks change in the small hours.
func randomField(r *rand.Rand, lo, hi int, names string, special func() string) string {
	value := func() string {
		v := lo + r.IntN(hi-lo+1)
		if hi == 23 && r.IntN(2) == 0 {
			v = r.IntN(4)
		}
		if i := 3 * (v - lo); i < len(names) && r.IntN(2) == 0 {
			if r.IntN(2) == 0 {
				return strings.ToLower(names[i : i+3])
			}
			return names[i : i+3]
		}
		return strconv.Itoa(v)
	}
	step := func() string { return "/" + strconv.Itoa(1+r.IntN(max(2, (hi-lo)/2))) }
	switch k := r.IntN(20); {
	case k < 7:
		return "*"
	case k < 9:
		return "*" + step()
	case k < 13:
		return value()
	case k < 14:
		return value() + step()
	case k < 16:
		return value() + "-" + value()
	case k < 17:
		return value() + "-" + value() + step()
	case k < 18 && special != nil:
		return special()
	default:
		return randomField(r, lo, hi, names, special) + "," + randomField(r, lo, hi, names, special)
	}
}

func randomExpr(r *rand.Rand, seconds bool) string {
	var f []string
	if seconds {
		f = append(f, randomField(r, 0, 59, "", nil))
	}
	return strings.Join(append(f,
		randomField(r, 0, 59, "", nil),
		randomField(r, 0, 23, "", nil),
		randomField(r, 1, 31, "", func() string { return []string{"L", "l", "L-1", "L-3", "L-28", "L-30"}[r.IntN(6)] }),
		randomField(r, 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", nil),
		randomField(r, 0, 7, weekdayNames, func() string {
			return []string{"0", "5", "7", "fri", "SUN"}[r.IntN(5)] + []string{"L", "#1", "#2", "#4", "#5"}[r.IntN(5)]
		})), " ")
}
