package cron

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// seeded gives a test new random numbers on each run and says which if it fails.
func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

var (
	gaps     = []Gap{"", GapAfter, GapSkip}
	overlaps = []Overlap{"", OverlapFirst, OverlapLast, OverlapBoth}

	// Near each of these instants clocks change, or the calendar is at an edge.
	changes = []struct{ zone, at string }{
		{"UTC", "2028-02-29T12:00:00Z"},
		{"America/New_York", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-11-01T06:00:00Z"},
		{"America/New_York", "2027-01-01T03:00:00Z"},
		{"Europe/Berlin", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-10-25T01:00:00Z"},
		{"Europe/Dublin", "2026-10-25T01:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
		{"America/Santiago", "2026-04-05T03:00:00Z"},
		{"America/Santiago", "2026-09-06T04:00:00Z"},
		{"Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-04-02T14:00:00Z"},

		// Here time.ZoneBounds gives odd answers.
		{"America/Ciudad_Juarez", "2022-11-30T06:00:00Z"},
		{"America/Nuuk", "2096-12-31T12:00:00Z"},
		{"Australia/Lord_Howe", "2038-01-19T03:14:00Z"},
		{"America/St_Johns", "2011-11-01T02:30:00Z"},
		{"Pacific/Norfolk", "2019-06-30T13:00:00Z"},
		{"Antarctica/Macquarie", "2010-12-31T13:00:00Z"},
	}
)

func TestNextAndPrevAgreeWithTheOracle(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		seconds      bool
		expressions  int
		half, margin time.Duration
		tick         time.Duration
	}{
		{"minute by minute", false, 1700, 36 * time.Hour, 2 * time.Hour, time.Minute},
		{"second by second", true, 300, time.Hour, time.Hour, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := seeded(t)
			var stretches []stretch
			for _, c := range changes {
				stretches = append(stretches, walk(zone(t, c.zone), instant(t, c.at), test.half, test.margin, test.tick))
			}
			for range test.expressions {
				expr := possibleExpr(t, r, test.seconds)
				s := stretches[r.IntN(len(stretches))]
				agree(t, expr, s, gaps[r.IntN(len(gaps))], overlaps[r.IntN(len(overlaps))])
			}
		})
	}
}

// possibleExpr returns a random expression that fires. Of one that is refused the
// oracle must say the same.
func possibleExpr(t *testing.T, r *rand.Rand, seconds bool) string {
	t.Helper()
	for {
		expr := randomExpr(r, seconds)
		_, err := Parse(expr, Options{})
		if err == nil {
			return expr
		}
		if !strings.Contains(err.Error(), "never fires") {
			t.Fatalf("%q is refused: %v", expr, err)
		}
		o := newOracle(expr)
		for d := instant(t, "2024-01-01T00:00:00Z"); d.Year() < 2029; d = d.AddDate(0, 0, 1) {
			if o.matchesDay(d) {
				t.Fatalf("%q matches %v and is refused: %v", expr, d, err)
			}
		}
	}
}

func TestDaysAgreeWithTheOracle(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	for range 100 {
		fields := strings.Fields(possibleExpr(t, r, false))
		expr := "0 0 " + strings.Join(fields[2:], " ")
		s, err := Parse(expr, Options{})
		if err != nil {
			t.Fatal(err)
		}
		o := newOracle(expr)
		start := time.Date(1890+r.IntN(300), 1, 1, 0, 0, 0, 0, time.UTC)
		fire := s.Next(start.Add(-1))
		for d := start; d.Before(start.AddDate(5, 0, 0)); d = d.AddDate(0, 0, 1) {
			if got, want := d.Equal(fire), o.matchesDay(d); got != want {
				t.Fatalf("%q fires on %v: %t, want %t", expr, d, got, want)
			}
			if d.Equal(fire) {
				fire = s.Next(fire)
			}
		}
	}
}

// No real zone changes its clocks as wildly as these: every few hours, by up to a
// day, forth and back.
func TestNextAndPrevAgreeWithTheOracleInWildZones(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	for range 60 {
		middle := instant(t, "2026-06-10T00:00:00Z")
		s := walk(wildZone(t, r, middle), middle, 48*time.Hour, 60*time.Hour, 10*time.Minute)
		for range 8 {
			f := strings.Fields(possibleExpr(t, r, false))
			f[0] = []string{"*/10", "0", "30", "50", "0,20"}[r.IntN(5)] // the oracle's ticks
			expr := strings.Join(f, " ")
			agree(t, expr, s, gaps[r.IntN(len(gaps))], overlaps[r.IntN(len(overlaps))])
		}
	}
}

// wildZone writes a zone in the format of RFC 8536, version 1.
func wildZone(t *testing.T, r *rand.Rand, middle time.Time) *time.Location {
	t.Helper()
	var times, kinds, offsets []byte
	const changes = 10
	at := middle.Add(-50 * time.Hour)
	for i := range byte(changes) {
		at = at.Add(time.Duration(1+r.IntN(60)) * 20 * time.Minute)
		times = binary.BigEndian.AppendUint32(times, uint32(at.Unix()))
		kinds = append(kinds, i)
		spread := []int{3, 13}[r.IntN(2)]
		offset := (r.IntN(2*spread+1) - spread) * 3600
		offsets = binary.BigEndian.AppendUint32(offsets, uint32(offset))
		offsets = append(offsets, 0, 0)
	}
	data := append([]byte("TZif"), make([]byte, 16)...)
	for _, count := range []uint32{0, 0, 0, changes, changes, 4} {
		data = binary.BigEndian.AppendUint32(data, count)
	}
	data = append(append(append(append(data, times...), kinds...), offsets...), "WLD\x00"...)
	loc, err := time.LoadLocationFromTZData("Wild", data)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestNextAndPrevAreInverse(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	zones := []string{
		"UTC", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "America/Santiago",
		"Pacific/Apia", "Africa/Casablanca", "Asia/Manila", "Africa/Monrovia", "America/Nuuk", "Antarctica/Troll",
	}
	for range 1500 {
		expr := possibleExpr(t, r, r.IntN(3) == 0)
		o := Options{zone(t, zones[r.IntN(len(zones))]), gaps[r.IntN(len(gaps))], overlaps[r.IntN(len(overlaps))]}
		s, err := Parse(expr, o)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(1840+r.IntN(260), 1, 1, 0, 0, r.IntN(366*day), r.IntN(1e9), time.UTC)
		next := s.Next(from)
		if next.IsZero() {
			continue
		}
		prev, beyond := s.Prev(from.Add(1)), s.Next(next)
		if !next.After(from) || !beyond.After(next) || prev.After(from) {
			t.Fatalf("%q %v: from %v: Prev %v, Next %v, then %v", expr, o, from, prev, next, beyond)
		}
		if back := s.Prev(beyond); !back.Equal(next) {
			t.Fatalf("%q %v: Next(%v) is %v, Prev of that %v", expr, o, next, beyond, back)
		}
		if back := s.Prev(next); !back.Equal(prev) {
			t.Fatalf("%q %v: Prev(%v) is %v and Prev of %v, where Next is the same, %v", expr, o, from, prev, next, back)
		}
		if prev.IsZero() {
			continue
		}
		if again := s.Next(prev); !again.Equal(next) {
			t.Fatalf("%q %v: Next(%v) is %v, Next of %v, where Prev is the same, %v", expr, o, prev, again, from, next)
		}
	}
}

func TestTheEndsOfTime(t *testing.T) {
	t.Parallel()
	first, last := time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	for _, name := range []string{"UTC", "America/New_York", "Pacific/Kiritimati"} {
		s, err := Parse("* * * * * *", Options{Location: zone(t, name)})
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			name      string
			got, want time.Time
		}{
			{"the first fire comes after the zero time", s.Next(time.Time{}), first},
			{"the first fire comes after any earlier time", s.Next(time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC)), first},
			{"no fire lies before the first", s.Prev(first), time.Time{}},
			{"no fire lies before the zero time", s.Prev(time.Time{}), time.Time{}},
			{"the last fire comes before any later time", s.Prev(time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)), last},
			{"no fire lies after the last", s.Next(last), time.Time{}},
			{"no fire lies after any later time", s.Next(time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)), time.Time{}},
			{"parts of a second round up", s.Next(first.Add(time.Second / 2)), first.Add(time.Second)},
			{"parts of a second round down", s.Prev(first.Add(time.Second / 2)), first},
		} {
			if !test.got.Equal(test.want) {
				t.Errorf("in %s %s: got %v, want %v", name, test.name, test.got, test.want)
			}
		}
	}
}

func TestAScheduleThatIsAlwaysLeftOutEnds(t *testing.T) {
	t.Parallel()
	// Clocks have jumped over this very time each year since 2007.
	s, err := Parse("30 2 * 3 SUN#2", Options{Location: zone(t, "America/New_York"), Gap: GapSkip})
	if err != nil {
		t.Fatal(err)
	}
	if next := s.Next(instant(t, "2026-01-01T00:00:00Z")); !next.IsZero() {
		t.Errorf("Next is %v, want none", next)
	}
	if prev, want := s.Prev(instant(t, "2026-01-01T00:00:00Z")), instant(t, "2006-03-12T07:30:00Z"); !prev.Equal(want) {
		t.Errorf("Prev is %v, want %v", prev, want)
	}
}
