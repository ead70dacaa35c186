//go:build unix

package weather_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The figures of the steps, worked out once more from the file itself, without
// SQL and without the steps' own reader.

type row struct {
	date            string
	rain, high, low float64
}

func parse(t *testing.T, data string) []row {
	t.Helper()
	var rows []row
	for _, line := range strings.Split(strings.TrimSpace(data), "\n")[1:] {
		f := strings.Split(line, ",")
		var n [3]float64
		for i := range n {
			var err error
			if n[i], err = strconv.ParseFloat(f[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		rows = append(rows, row{f[0], n[0], n[1], n[2]})
	}
	return rows
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func checkLoad(t *testing.T, o outcome) {
	var got struct {
		Database, First, Last string
		Rows                  int
	}
	o.result(t, "load", &got)
	if fmt.Sprint(got) != "{out/weather.db 2012-01-01 2015-12-31 1461}" {
		t.Errorf("got %v", got)
	}
}

func checkMonths(t *testing.T, o outcome, days []row) {
	var got []struct {
		Month         int
		Mean          float64 `json:"temp_mean"`
		High          float64 `json:"temp_max"`
		Low           float64 `json:"temp_min"`
		Precipitation float64
	}
	o.result(t, "monthly_means", &got)
	if len(got) != 12 {
		t.Fatalf("there are %d months", len(got))
	}
	for i, m := range got {
		var n, high, low, rain float64
		for _, d := range days {
			if d.date[5:7] == fmt.Sprintf("%02d", i+1) {
				n, high, low, rain = n+1, high+d.high, low+d.low, rain+d.rain
			}
		}
		if m.Month != i+1 || !near(m.High, high/n) || !near(m.Low, low/n) ||
			!near(m.Mean, (high+low)/2/n) || !near(m.Precipitation, rain/4) {
			t.Errorf("month %d is %v, not high %g, low %g, rain %g", i+1, m, high/n, low/n, rain/4)
		}
	}
	// Counted by hand with awk.
	if july := got[6]; fmt.Sprintf("%.2f %.1f", july.Mean, july.Precipitation) != "20.10 12.1" {
		t.Errorf("July is %v", july)
	}
}

func checkExtremes(t *testing.T, o outcome, days []row) {
	type day struct {
		Date  string
		Value float64
	}
	var got struct{ Wettest, Hottest []day }
	o.result(t, "extremes", &got)
	top := func(value func(row) float64) (top []day) {
		sorted := slices.Clone(days) // by date already
		slices.SortStableFunc(sorted, func(a, b row) int { return cmp.Compare(value(b), value(a)) })
		for _, d := range sorted[:5] {
			top = append(top, day{d.date, value(d)})
		}
		return top
	}
	if want := top(func(r row) float64 { return r.rain }); !slices.Equal(got.Wettest, want) {
		t.Errorf("the wettest are %v, not %v", got.Wettest, want)
	}
	if want := top(func(r row) float64 { return r.high }); !slices.Equal(got.Hottest, want) {
		t.Errorf("the hottest are %v, not %v", got.Hottest, want)
	}
	if w, h := got.Wettest[0], got.Hottest[0]; w != (day{"2015-03-15", 55.9}) || h != (day{"2014-08-11", 35.6}) {
		t.Errorf("the wettest is %v and the hottest %v", w, h)
	}
}

func checkWeekdays(t *testing.T, o outcome, days []row) {
	var got []struct {
		Weekday       string
		Days          int
		Wet           int `json:"wet_days"`
		Precipitation float64
	}
	o.result(t, "rain_by_weekday", &got)
	if len(got) != 7 {
		t.Fatalf("there are %d days in a week", len(got))
	}
	for i, w := range got {
		weekday := time.Weekday((i + 1) % 7) // from Monday
		var n, wet int
		var rain float64
		for _, d := range days {
			if date, _ := time.Parse(time.DateOnly, d.date); date.Weekday() == weekday {
				n, rain = n+1, rain+d.rain
				if d.rain > 0 {
					wet++
				}
			}
		}
		if w.Weekday != weekday.String() || w.Days != n || w.Wet != wet || !near(w.Precipitation, rain) {
			t.Errorf("%s is %v, not %d of %d with %g mm", weekday, w, wet, n, rain)
		}
	}
	// Counted by hand with Python.
	if friday := got[4]; friday.Wet != 97 || friday.Days != 208 {
		t.Errorf("Friday is %v", friday)
	}
}
