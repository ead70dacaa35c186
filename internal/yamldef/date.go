package yamldef

import (
	"strings"
	"time"
)

const badDate = "%q is not a date or time; write 2026-01-31, 2026-01-31 06:00 or 2026-01-31T06:00:00Z"

// datePattern is what a date looks like, for the schema.
const datePattern = `^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$`

// in returns the first and the last moment of a date, or twice the same of a
// time, in a zone.
func (d date) in(zone *time.Location) (first, last time.Time, ok bool) {
	text := strings.Replace(string(d), " ", "T", 1)
	if day, err := time.Parse("2006-01-02", text); err == nil {
		return reach(day, zone), reach(day.AddDate(0, 0, 1), zone).Add(-time.Microsecond), true
	}
	for _, layout := range []string{"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, t, true
		}
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if wall, err := time.Parse(layout, text); err == nil {
			t := reach(wall, zone)
			return t, t, true
		}
	}
	return time.Time{}, time.Time{}, false
}

// reach returns the first moment at which the clocks of a zone show a time or,
// where they skip it, have gone past it. wall is that time, in UTC.
func reach(wall time.Time, zone *time.Location) time.Time {
	// No zone was ever 16 hours from UTC, so this is surely before.
	at := wall.Add(-16 * time.Hour).In(zone)
	for {
		_, offset := at.Zone()
		found := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		_, change := at.ZoneBounds()
		switch {
		case found.Before(at): // the change that brought us here skipped it
			return at
		case change.IsZero() || found.Before(change):
			return found
		}
		at = change
	}
}
