package cron

import (
	"strings"
	"testing"
	"time"
)

// Each row lists all fires from one local midnight to another, as local times
// with their zone; those of another day than the first carry it.
func TestFiresWhereClocksChange(t *testing.T) {
	t.Parallel()
	type row struct {
		name, expr string
		gap        Gap
		overlap    Overlap
		want       string
	}
	for _, test := range []struct {
		zone, from string
		days       int
		rows       []row
	}{
		{"America/New_York", "2026-03-08", 1, []row{
			{"a fixed time in the gap fires after it", "30 2 * * *", "", "", "03:00 EDT"},
			{"several in the gap are one fire", "0,15,30 2 * * *", "", "", "03:00 EDT"},
			{"one fire also if a regular one is there", "0,30 2,3 * * *", "", "", "03:00 EDT, 03:30 EDT"},
			{"the first second of the gap is in it", "0 2 * * *", "", "", "03:00 EDT"},
			{"skip leaves it out", "30 2 * * *", GapSkip, "", ""},
			{"skip leaves the regular fire there", "0,30 2,3 * * *", GapSkip, "", "03:00 EDT, 03:30 EDT"},
			{"the time after the gap is a regular one", "0 3 * * *", GapSkip, "", "03:00 EDT"},
			{"the time before the gap is a regular one", "59 1 * * *", "", "", "01:59 EST"},
			{"a seconds field has no say", "* 30 2 * * *", "", "", "03:00 EDT"},
			{"the day written counts", "30 2 8 3 *", "", "", "03:00 EDT"},
			{"a wildcard minute has no fires in the gap", "*/30 1-3 * * *", "", "", "01:00 EST, 01:30 EST, 03:00 EDT, 03:30 EDT"},
			{"a wildcard hour has no fires in the gap", "30 */2 8 3 *", "", "", "00:30 EST, 04:30 EDT, 06:30 EDT, 08:30 EDT, 10:30 EDT, 12:30 EDT, 14:30 EDT, 16:30 EDT, 18:30 EDT, 20:30 EDT, 22:30 EDT"},
			{"a wildcard job only in the gap does not fire", "* 2 * * *", "", "", ""},
			{"a written-out hour range is no wildcard", "30 0-3 * * *", "", "", "00:30 EST, 01:30 EST, 03:00 EDT, 03:30 EDT"},
		}},
		{"America/New_York", "2026-11-01", 1, []row{
			{"a repeated fixed time fires at the first", "30 1 * * *", "", "", "01:30 EDT"},
			{"first says the same", "30 1 * * *", "", OverlapFirst, "01:30 EDT"},
			{"last", "30 1 * * *", "", OverlapLast, "01:30 EST"},
			{"both", "30 1 * * *", "", OverlapBoth, "01:30 EDT, 01:30 EST"},
			{"the times around happen once", "0 1,2 * * *", "", OverlapFirst, "01:00 EDT, 02:00 EST"},
			{"the times around happen once with last", "59 0,1 * * *", "", OverlapLast, "00:59 EDT, 01:59 EST"},
			{"several are in order", "0,30 1 * * *", "", OverlapBoth, "01:00 EDT, 01:30 EDT, 01:00 EST, 01:30 EST"},
			{"a wildcard minute fires in both hours", "*/30 1 * * *", "", OverlapFirst, "01:00 EDT, 01:30 EDT, 01:00 EST, 01:30 EST"},
			{"a wildcard hour fires in both hours", "30 */1 1 11 *", "", OverlapLast, "00:30 EDT, 01:30 EDT, 01:30 EST, 02:30 EST, 03:30 EST, 04:30 EST, 05:30 EST, 06:30 EST, 07:30 EST, 08:30 EST, 09:30 EST, 10:30 EST, 11:30 EST, 12:30 EST, 13:30 EST, 14:30 EST, 15:30 EST, 16:30 EST, 17:30 EST, 18:30 EST, 19:30 EST, 20:30 EST, 21:30 EST, 22:30 EST, 23:30 EST"},
		}},
		{"Europe/Berlin", "2026-03-29", 1, []row{
			{"a fixed time in the gap fires after it", "30 2 * * *", "", "", "03:00 CEST"},
			{"several in the gap are one fire", "10-50/10 2 * * *", "", "", "03:00 CEST"},
			{"skip leaves it out", "30 2 * * *", GapSkip, "", ""},
			{"a wildcard job does not fire in the gap", "*/20 2,3 * * *", "", "", "03:00 CEST, 03:20 CEST, 03:40 CEST"},
		}},
		{"Europe/Berlin", "2026-10-25", 1, []row{
			{"a repeated fixed time fires at the first", "30 2 * * *", "", "", "02:30 CEST"},
			{"last", "30 2 * * *", "", OverlapLast, "02:30 CET"},
			{"both", "30 2 * * *", "", OverlapBoth, "02:30 CEST, 02:30 CET"},
			{"a wildcard job fires in both hours", "*/30 2 * * *", "", "", "02:00 CEST, 02:30 CEST, 02:00 CET, 02:30 CET"},
		}},
		{"Australia/Lord_Howe", "2026-10-04", 1, []row{ // 02:00 to 02:30
			{"a fixed time in the half hour fires after it", "15 2 * * *", "", "", "02:30 +11"},
			{"the time after it is a regular one", "15,30 2 * * *", "", "", "02:30 +11"},
			{"skip leaves it out", "15,45 2 * * *", GapSkip, "", "02:45 +11"},
			{"a wildcard job does not fire in it", "*/15 2 * * *", "", "", "02:30 +11, 02:45 +11"},
		}},
		{"Australia/Lord_Howe", "2026-04-05", 1, []row{ // 02:00 back to 01:30
			{"a repeated fixed time fires at the first", "45 1 * * *", "", "", "01:45 +11"},
			{"last", "45 1 * * *", "", OverlapLast, "01:45 +1030"},
			{"both", "15,45 1 * * *", "", OverlapBoth, "01:15 +11, 01:45 +11, 01:45 +1030"},
			{"a wildcard job fires in both half hours", "*/15 1 * * *", "", "", "01:00 +11, 01:15 +11, 01:30 +11, 01:45 +11, 01:30 +1030, 01:45 +1030"},
		}},
		{"America/Santiago", "2026-09-06", 1, []row{ // 00:00 to 01:00
			{"midnight in the gap fires after it", "0 0 * * *", "", "", "01:00 -03"},
			{"skip leaves midnight out", "0 0 * * *", GapSkip, "", ""},
			{"the day written counts", "0 0 6 9 *", "", "", "01:00 -03"},
			{"a wildcard job does not fire in it", "*/30 0,1 * * *", "", "", "01:00 -03, 01:30 -03"},
		}},
		{"America/Santiago", "2026-04-04", 2, []row{ // 24:00 back to 23:00
			{"a repeated fixed time fires at the first", "30 23 4 4 *", "", "", "23:30 -03"},
			{"last", "30 23 4 4 *", "", OverlapLast, "23:30 -04"},
			{"midnight comes once", "0 0 5 4 *", "", OverlapBoth, "04-05 00:00 -04"},
		}},
		{"Pacific/Apia", "2011-12-29", 3, []row{ // no 30th
			{"the missing day fires once, after it", "0 0,6,12 * * *", "", "", "00:00 -10, 06:00 -10, 12:00 -10, 12-31 00:00 +14, 12-31 06:00 +14, 12-31 12:00 +14"},
			{"the day written counts", "0 12 30 12 *", "", "", "12-31 00:00 +14"},
			{"Friday is missing", "0 12 * * FRI", "", "", "12-31 00:00 +14"},
			{"skip leaves the day out", "0 12 * * *", GapSkip, "", "12:00 -10, 12-31 12:00 +14"},
			{"a wildcard job does not fire on it", "0 */12 * * *", "", "", "00:00 -10, 12:00 -10, 12-31 00:00 +14, 12-31 12:00 +14"},
		}},
	} {
		for _, r := range test.rows {
			t.Run(test.zone+" "+test.from+" "+r.name, func(t *testing.T) {
				t.Parallel()
				loc := zone(t, test.zone)
				s, err := Parse(r.expr, Options{loc, r.gap, r.overlap})
				if err != nil {
					t.Fatal(err)
				}
				from, err := time.ParseInLocation(time.DateOnly, test.from, loc)
				if err != nil {
					t.Fatal(err)
				}
				var fires []string
				for at := s.Next(from.Add(-1)); at.Before(from.AddDate(0, 0, test.days)); at = s.Next(at) {
					layout := "15:04 MST"
					if at.In(loc).Format(time.DateOnly) != test.from {
						layout = "01-02 " + layout
					}
					fires = append(fires, at.In(loc).Format(layout))
				}
				if got := strings.Join(fires, ", "); got != r.want {
					t.Errorf("%q fires at %s, want %s", r.expr, got, r.want)
				}
			})
		}
	}
}

func TestNote(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, zone, expr string
		o                Options
		fire, want       string
	}{
		{"an ordinary fire", "America/New_York", "30 2 * * *", Options{}, "2026-03-07T07:30:00Z", ""},
		{"no fire at all", "America/New_York", "30 2 * * *", Options{}, "2026-03-08T07:30:00Z", ""},
		{"a fire after the gap", "America/New_York", "30 2 * * *", Options{}, "2026-03-08T07:00:00Z",
			"02:30 does not exist on 2026-03-08, fires after the gap at 03:00"},
		{"several fires after the gap", "America/New_York", "0,15,30 2,3 * * *", Options{}, "2026-03-08T07:00:00Z",
			"02:00 to 02:30 do not exist on 2026-03-08, fires after the gap at 03:00"},
		{"a fire after a missing day", "Pacific/Apia", "0 12 * * *", Options{}, "2011-12-30T10:00:00Z",
			"12:00 does not exist on 2011-12-30, fires after the gap at 00:00 on 2011-12-31"},
		{"a fire left out before", "America/New_York", "30 2 * * *", Options{Gap: GapSkip}, "2026-03-09T06:30:00Z",
			"02:30 does not exist on 2026-03-08, left out"},
		{"wildcard fires left out before", "America/New_York", "*/7 * * * *", Options{}, "2026-03-08T07:00:00Z",
			"02:00 to 02:56 do not exist on 2026-03-08, left out"},
		{"the first of a repeated time", "America/New_York", "30 1 * * *", Options{}, "2026-11-01T05:30:00Z",
			"01:30 occurs twice on 2026-11-01, this is the first"},
		{"the last of a repeated time", "America/New_York", "30 1 * * *", Options{Overlap: OverlapLast}, "2026-11-01T06:30:00Z",
			"01:30 occurs twice on 2026-11-01, this is the second"},
		{"both of a repeated time", "America/New_York", "30 1 * * *", Options{Overlap: OverlapBoth}, "2026-11-01T06:30:00Z",
			"01:30 occurs twice on 2026-11-01, this is the second of two fires"},
		{"a wildcard fire in the repeated hour", "Australia/Lord_Howe", "*/15 * * * *", Options{}, "2026-04-04T14:45:00Z",
			"01:45 occurs twice on 2026-04-05, this is the first of two fires"},
		{"a short day", "America/New_York", "0 6 * * *", Options{}, "2026-03-08T10:00:00Z",
			"clocks go from 02:00 to 03:00 on 2026-03-08, 23h after the fire before"},
		{"a long half day", "Australia/Lord_Howe", "0 */12 * * *", Options{}, "2026-04-05T01:30:00Z",
			"clocks go from 02:00 to 01:30 on 2026-04-05, 12h30m after the fire before"},
		{"a week does not show it", "America/New_York", "0 6 * * SUN", Options{}, "2026-03-08T10:00:00Z", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.o.Location = zone(t, test.zone)
			s, err := Parse(test.expr, test.o)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Note(instant(t, test.fire)); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
