package cron

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ expr, want string }{
		{"", `cron: "": 0 fields, allowed 5 (minute hour day-of-month month day-of-week) or 6 (second first)`},
		{"* * * *", `cron: "* * * *": 4 fields, allowed 5 (minute hour day-of-month month day-of-week) or 6 (second first)`},
		{"* * * * * * *", `cron: "* * * * * * *": 7 fields, allowed 5 (minute hour day-of-month month day-of-week) or 6 (second first)`},
		{"60 * * * *", `cron: "60 * * * *": minute "60": out of range, allowed 0-59`},
		{"60 * * * * *", `cron: "60 * * * * *": second "60": out of range, allowed 0-59`},
		{"0 24 * * *", `cron: "0 24 * * *": hour "24": out of range, allowed 0-23`},
		{"0 0 0 * *", `cron: "0 0 0 * *": day-of-month "0": out of range, allowed 1-31`},
		{"0 0 32 * *", `cron: "0 0 32 * *": day-of-month "32": out of range, allowed 1-31`},
		{"0 0 * 13 *", `cron: "0 0 * 13 *": month "13": out of range, allowed 1-12 and JAN-DEC`},
		{"0 0 * * 8", `cron: "0 0 * * 8": day-of-week "8": out of range, allowed 0-7 and SUN-SAT`},
		{"99999999999999999999999 * * * *", `cron: "99999999999999999999999 * * * *": minute "99999999999999999999999": out of range, allowed 0-59`},
		{"5,61 * * * *", `cron: "5,61 * * * *": minute "61": out of range, allowed 0-59`},
		{"5-61 * * * *", `cron: "5-61 * * * *": minute "5-61": "61" is out of range, allowed 0-59`},
		{"5- * * * *", `cron: "5- * * * *": minute "5-": "" is not a value, allowed 0-59`},
		{"-5 * * * *", `cron: "-5 * * * *": minute "-5": "" is not a value, allowed 0-59`},
		{"+5 * * * *", `cron: "+5 * * * *": minute "+5": not a value, allowed 0-59`},
		{"*-5 * * * *", `cron: "*-5 * * * *": minute "*-5": "*" is not a value, allowed 0-59`},
		{"1-2-3 * * * *", `cron: "1-2-3 * * * *": minute "1-2-3": "2-3" is not a value, allowed 0-59`},
		{"1,,2 * * * *", `cron: "1,,2 * * * *": minute "1,,2": empty item in the list, allowed 0-59`},
		{"1, * * * *", `cron: "1, * * * *": minute "1,": empty item in the list, allowed 0-59`},
		{"*/0 * * * *", `cron: "*/0 * * * *": minute "*/0": step "0" is not allowed, allowed 1-60`},
		{"*/61 * * * *", `cron: "*/61 * * * *": minute "*/61": step "61" is not allowed, allowed 1-60`},
		{"*/ * * * *", `cron: "*/ * * * *": minute "*/": step "" is not allowed, allowed 1-60`},
		{"*/2/3 * * * *", `cron: "*/2/3 * * * *": minute "*/2/3": step "2/3" is not allowed, allowed 1-60`},
		{"/5 * * * *", `cron: "/5 * * * *": minute "/5": "" is not a value, allowed 0-59`},
		{"0 0 ? * *", `cron: "0 0 ? * *": day-of-month "?": ? is not supported, write *`},
		{"0 0 15W * *", `cron: "0 0 15W * *": day-of-month "15W": W (nearest weekday) is not supported, allowed 1-31`},
		{"0 0 LW * *", `cron: "0 0 LW * *": day-of-month "LW": not a count from the last day, allowed L and L-1 to L-30`},
		{"0 0 L-31 * *", `cron: "0 0 L-31 * *": day-of-month "L-31": not a count from the last day, allowed L and L-1 to L-30`},
		{"0 0 L3 * *", `cron: "0 0 L3 * *": day-of-month "L3": not a count from the last day, allowed L and L-1 to L-30`},
		{"0 0 L- * *", `cron: "0 0 L- * *": day-of-month "L-": not a count from the last day, allowed L and L-1 to L-30`},
		{"0 0 1-L * *", `cron: "0 0 1-L * *": day-of-month "1-L": "L" is not a value, allowed 1-31`},
		{"0 L * * *", `cron: "0 L * * *": hour "L": not a value, allowed 0-23`},
		{"0 0 * * L", `cron: "0 0 * * L": day-of-week "L": L needs a day before it, allowed such as 5L or FRIL`},
		{"0 0 * * 8L", `cron: "0 0 * * 8L": day-of-week "8L": "8" is out of range, allowed 0-7 and SUN-SAT`},
		{"0 0 * * FRI#6", `cron: "0 0 * * FRI#6": day-of-week "FRI#6": no such week of the month, allowed #1 to #5`},
		{"0 0 * * FRI#0", `cron: "0 0 * * FRI#0": day-of-week "FRI#0": no such week of the month, allowed #1 to #5`},
		{"0 0 * * #1", `cron: "0 0 * * #1": day-of-week "#1": "" is not a value, allowed 0-7 and SUN-SAT`},
		{"0 0 * * FRIDAY", `cron: "0 0 * * FRIDAY": day-of-week "FRIDAY": not a value, allowed 0-7 and SUN-SAT`},
		{"0 0 * FRI *", `cron: "0 0 * FRI *": month "FRI": not a value, allowed 1-12 and JAN-DEC`},
		{"0 0 30 2 *", `cron: "0 0 30 2 *": day-of-month "30": never fires, month "2" has no such day`},
		{"0 0 31 APR,JUN *", `cron: "0 0 31 APR,JUN *": day-of-month "31": never fires, month "APR,JUN" has no such day`},
		{"0 0 L-30 4 *", `cron: "0 0 L-30 4 *": day-of-month "L-30": never fires, month "4" has no such day`},
		{"0 0 */31 * MON#2", `cron: "0 0 */31 * MON#2": day-of-month "*/31": never fires, no such day of month "*" is also day-of-week "MON#2"`},
		{"@reboot", `cron: "@reboot": unknown, allowed @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually`},
		{"@daily 5", `cron: "@daily 5": unknown, allowed @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually`},
		{"@every 5m", `cron: "@every 5m": @every is not supported, write a step such as */5 in a field`},
		{"TZ=UTC 0 0 * * *", `cron: "TZ=UTC 0 0 * * *": a zone is no part of the expression, give it beside it`},
		{"0 0 * * ſun", `cron: "0 0 * * ſun": character 'ſ' is not allowed, write plain ASCII`},
		{"0 0 * *\n*", `cron: "0 0 * *\n*": character '\n' is not allowed, write plain ASCII`},
		{strings.Repeat("1,", 500) + "1 * * * *", `cron: "` + strings.Repeat("1,", 30) + `"...: 1009 bytes long, allowed 1000`},
	} {
		s, err := Parse(test.expr, Options{})
		if err == nil {
			t.Errorf("%q is taken for %s", test.expr, s.Words())
		} else if err.Error() != test.want {
			t.Errorf("got  %s\nwant %s", err, test.want)
		}
	}
}

func TestParseErrorsOfOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Gap: "before"}, `cron: "@daily": gap "before": unknown, allowed after or skip`},
		{Options{Overlap: "twice"}, `cron: "@daily": overlap "twice": unknown, allowed first, last or both`},
	} {
		_, err := Parse("@daily", test.o)
		var parseErr *ParseError
		if !errors.As(err, &parseErr) || parseErr.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

func TestExpressionsThatMeanTheSame(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ a, b string }{
		{"@hourly", "0 * * * *"},
		{"@daily", "0 0 * * *"},
		{"@midnight", "@Daily"},
		{"@weekly", "0 0 * * SUN"},
		{"@monthly", "0 0 1 * *"},
		{"@yearly", "0 0 1 JAN *"},
		{"@annually", "@yearly"},
		{"  0\t0  * * * ", "0 0 * * *"},
		{"0 0 * * *", "0 0 0 * * *"},
		{"5/15 * * * *", "5,20,35,50 * * * *"},
		{"10-50/20 * * * *", "10,30,50 * * * *"},
		{"50-10/5 * * * *", "50,55,0,5,10 * * * *"},
		{"0 22-2/2 * * *", "0 22,0,2 * * *"},
		{"0 0 28-3 * *", "0 0 28,29,30,31,1,2,3 * *"},
		{"0 0 28-3/2 * *", "0 0 28,30,1,3 * *"},
		{"0 0 * nov-Feb *", "0 0 * 11,12,1,2 *"},
		{"0 0 * * FRI-MON", "0 0 * * 5,6,0,1"},
		{"0 0 * * 5-7", "0 0 * * FRI,SAT,SUN"},
		{"0 0 * * 0-7", "0 0 * * *"},
		{"0 0 * * 7-2", "0 0 * * SUN-TUE"},
		{"0 0 * * 7", "0 0 * * 0"},
		{"0 0 * * 7L", "0 0 * * sunl"},
		{"0 0 * * 7#1", "0 0 * * SUN#1"},
		{"0 0 * * THU/2", "0 0 * * THU,SAT"},
		{"0 0 1-31 * FRI", "0 0 * * *"},
	} {
		a, errA := Parse(test.a, Options{})
		b, errB := Parse(test.b, Options{})
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		x := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		y := x
		for range 500 {
			if x, y = a.Next(x), b.Next(y); !x.Equal(y) {
				t.Fatalf("%q fires at %v, %q at %v", test.a, x, test.b, y)
			}
		}
	}
}

func TestADayMatchesBothFieldsIfOneStartsWithAStar(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ expr, want string }{
		{"0 0 13 * FRI", "02 09 13 16 23 30"},
		{"0 0 * * FRI", "02 09 16 23 30"},
		{"0 0 13 * *", "13"},
		{"0 0 */2 * FRI", "09 23"},
		{"0 0 1-14 * */5", "02 04 09 11"},
		{"0 0 L,13 * SUN#1,FRIL", "04 13 30 31"},
	} {
		s, err := Parse(test.expr, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var days []string
		end := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
		for at := s.Next(end.AddDate(0, -1, 0).Add(-1)); at.Before(end); at = s.Next(at) {
			days = append(days, at.Format("02"))
		}
		if got := strings.Join(days, " "); got != test.want {
			t.Errorf("%q fires in January 2026 on %s, want %s", test.expr, got, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, expr := range []string{
		"* * * * *", "*/7 * * * FRI-MON", "0 0 29 2 MON#5", "0 0 */28 2 1", "30 2 * 3 SUN#2", "0 0 L,L-3 * 5L,FRI#2",
		"* 59-3/7 22-2 28-3 NOV-FEB *", "@yearly", "0 0 30 2 *", "60 ? W",
	} {
		f.Add(expr, int64(1772841600), uint8(7))
	}
	zones := []*time.Location{time.UTC, zone(f, "America/New_York"), zone(f, "America/Nuuk"), zone(f, "Pacific/Apia")}
	f.Fuzz(func(t *testing.T, expr string, unix int64, choice uint8) {
		o := Options{zones[choice%4], gaps[choice/4%3], overlaps[choice/16%4]}
		s, err := Parse(expr, o)
		if err != nil {
			var parseErr *ParseError
			if !errors.As(err, &parseErr) || parseErr.Expr != expr || parseErr.Reason == "" {
				t.Fatalf("%q: %#v", expr, err)
			}
			return
		}
		again, err := Parse(s.String(), o)
		if err != nil || again.calendar != s.calendar {
			t.Fatalf("%q does not parse again as %q: %v", expr, s, err)
		}
		if s.Words() == "" {
			t.Fatalf("%q has no words", expr)
		}
		from := time.Unix(unix, 0)
		begun := time.Now()
		next, prev := s.Next(from), s.Prev(from)
		s.Note(next)
		if spent := time.Since(begun); spent > time.Second {
			t.Fatalf("%q from %v took %v", expr, from, spent)
		}
		if !next.IsZero() && !next.After(from) || !prev.IsZero() && !prev.Before(from) {
			t.Fatalf("%q from %v: Next %v, Prev %v", expr, from, next, prev)
		}
	})
}
