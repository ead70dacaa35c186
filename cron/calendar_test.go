package cron

import (
	"testing"
	"time"
)

func TestTheShapeOfEachMonthIsThatOfPackageTime(t *testing.T) {
	t.Parallel()
	for y := firstYear; y <= lastYear; y++ {
		for m := time.January; m <= time.December; m++ {
			weekday := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).Weekday()
			days := time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
			if first, n := shape(y, m); first != int(weekday) || n != days {
				t.Fatalf("%v %d has %d days from weekday %d, want %d from %d", m, y, n, first, days, weekday)
			}
		}
	}
}
