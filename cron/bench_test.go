package cron

import (
	"testing"
	"time"
)

// The zone of the nasty cases changes its clocks by half an hour, by a yearly
// rule that package time works out anew each time.
var benchmarks = []struct{ name, expr, zone string }{
	{"each minute", "* * * * *", "UTC"},
	{"each second", "* * * * * *", "America/New_York"},
	{"each second written out", "0-59 0-59 0-23 * * *", "America/New_York"},
	{"every 7 minutes from Friday to Monday", "*/7 * * * FRI-MON", "America/New_York"},
	{"daily in the gap", "30 2 * * *", "America/New_York"},
	{"daily in the half-hour gap", "15 2 * * *", "Australia/Lord_Howe"},
	{"last Friday", "0 6 * * FRIL", "Europe/Berlin"},
	{"leap day", "0 0 29 2 *", "America/New_York"},
	{"leap day or fifth Monday", "0 0 29 2 MON#5", "Australia/Lord_Howe"},
	{"leap day on a Monday", "0 0 */28 2 MON#5", "Australia/Lord_Howe"},
}

func BenchmarkNext(b *testing.B) { benchmark(b, (*Schedule).Next, time.Second) }

func BenchmarkPrev(b *testing.B) { benchmark(b, (*Schedule).Prev, -time.Second) }

func benchmark(b *testing.B, seek func(*Schedule, time.Time) time.Time, step time.Duration) {
	for _, bench := range benchmarks {
		s, err := Parse(bench.expr, Options{Location: zone(b, bench.zone)})
		if err != nil {
			b.Fatal(err)
		}
		start := time.Date(2040, 3, 1, 0, 0, 0, 0, time.UTC)
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			at, n := start, 0
			for b.Loop() {
				at = seek(s, at)
				if n++; n%40 == 0 || at.IsZero() { // stay within the years that people see
					at = start.Add(time.Duration(n) * step)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("*/7 9-17 1,15 * FRI-MON", Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
