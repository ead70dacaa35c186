package cron

import "testing"

func TestWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ expr, want string }{
		{"* * * * *", "every minute"},
		{"* * * * * *", "every second"},
		{"*/10 * * * * *", "every 10 seconds"},
		{"30 * * * * *", "at second 30 of every minute"},
		{"*/7 * * * FRI-MON", "every 7 minutes, Friday to Monday"},
		{"0 * * * *", "every hour on the hour"},
		{"0 */2 * * *", "every 2 hours on the hour"},
		{"0 9-17 * * SAT,SUN", "every hour on the hour from 09:00 to 17:00, Saturday and Sunday"},
		{"20 * * * *", "at minute 20 of every hour"},
		{"5/15 * * * *", "every 15 minutes from minute 5 of every hour"},
		{"5,35 9-17 * * MON-FRI", "at minutes 5 and 35 of every hour from 09:05 to 17:35, Monday to Friday"},
		{"*/15 22-2 * 3 *", "every 15 minutes of hours 22 to 2 every day in March"},
		{"*/7 1/2 * * *", "every 7 minutes of every 2nd hour from hour 1"},
		{"* 5 * * * *", "every second of minute 5 of every hour"},
		{"30 */15 9-17 * * *", "at second 30 of every 15th minute from 09:00:30 to 17:45:30"},
		{"1,2 5/10 */3 * * *", "at seconds 1 and 2 of every 10th minute from minute 5 of every 3rd hour"},
		{"0 6 * * *", "at 06:00 every day"},
		{"30 0 6 * * *", "at 06:00:30 every day"},
		{"0 6,12,18 * * *", "at 06:00, 12:00 and 18:00 every day"},
		{"15 1-3,9,12,20 * * *", "at 01:15, 02:15, 03:15, 09:15, 12:15 and 20:15 every day"},
		{"0 8 * * TUE-SAT", "at 08:00, Tuesday to Saturday"},
		{"0 8 * * MON,WED,FRI", "at 08:00, Monday, Wednesday and Friday"},
		{"0 8 * JAN-MAR MON-FRI", "at 08:00, Monday to Friday, in January to March"},
		{"0 8 * NOV-FEB *", "at 08:00 every day in November to February"},
		{"@monthly", "at 00:00 on day 1 of the month"},
		{"@yearly", "at 00:00 on day 1 of January"},
		{"* * 1,15,20-25 * *", "every minute on days 1, 15 and 20 to 25 of the month"},
		{"0 0 L * *", "at 00:00 on the last day of the month"},
		{"0 0 L-1 * *", "at 00:00 on the day before the last of the month"},
		{"0 0 L,L-3 2 *", "at 00:00 on the last day and the 3rd day before the last of February"},
		{"0 0 * * 5L", "at 00:00 on the last Friday of the month"},
		{"0 0 * 3 FRI#2,MON", "at 00:00 on Monday and the second Friday of March"},
		{"5 4 13 * FRI", "at 04:05 on day 13 of the month or on Friday"},
		{"5 4 13 6 FRI#1", "at 04:05 on day 13 of the month or on the first Friday of the month, in June"},
		{"0 0 */2 * FRI", "at 00:00 on every 2nd day of the month if it is Friday"},
		{"0 0 1-31 * FRI", "at 00:00 every day"},
	} {
		s, err := Parse(test.expr, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Words(); got != test.want {
			t.Errorf("%q: got %q, want %q", test.expr, got, test.want)
		}
	}
}

func TestSchedulesWithTheSameWordsFireAtTheSameTimes(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	known := map[string]*Schedule{}
	for range 3000 {
		expr := possibleExpr(t, r, r.IntN(3) == 0)
		s, err := Parse(expr, Options{})
		if err != nil {
			t.Fatal(err)
		}
		other, ok := known[s.Words()]
		if !ok {
			known[s.Words()] = s
			continue
		}
		for _, from := range []string{"2026-01-01T00:00:00Z", "2028-02-20T00:00:00Z"} {
			at := instant(t, from)
			for range 100 {
				a, b := s.Next(at), other.Next(at)
				if !a.Equal(b) {
					t.Fatalf("%q: %q fires at %v, %q at %v", s.Words(), s, a, other, b)
				}
				at = a
			}
		}
	}
}
