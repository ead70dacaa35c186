package cron

import (
	"testing"
	"time"
)

func TestSpansCoverAllTimeWithoutOverlap(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"UTC", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Europe/Kyiv", "Australia/Lord_Howe",
		"America/Santiago", "America/Nuuk", "America/Ciudad_Juarez", "America/Metlakatla", "America/St_Johns",
		"America/Indiana/Winamac", "Africa/Casablanca", "Africa/Cairo", "Antarctica/Macquarie", "Antarctica/Troll",
		"Asia/Manila", "Asia/Nicosia", "Pacific/Apia", "Pacific/Chatham", "Pacific/Easter", "Pacific/Norfolk",
	} {
		s := &Schedule{zone: zone(t, name)}
		begin, end := time.Date(1830, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2110, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		for u, before := begin, int64(-forever); u < end; {
			sp := s.spanAt(u)
			if sp.start != before || sp.end <= u {
				t.Fatalf("%s: after %v comes %+v", name, time.Unix(before, 0).UTC(), sp)
			}
			if last := s.spanAt(sp.end - 1); last != sp {
				t.Fatalf("%s: %+v at its end is %+v", name, sp, last)
			}
			for v := u; v < min(sp.end, end); v += 10*day + 3600 {
				if _, offset := time.Unix(v, 0).In(s.zone).Zone(); int64(offset) != sp.offset {
					t.Fatalf("%s: the offset at %v is %d, in %+v", name, time.Unix(v, 0).UTC(), offset, sp)
				}
			}
			u, before = sp.end, sp.end
		}
	}
}
