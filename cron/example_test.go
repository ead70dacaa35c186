package cron_test

import (
	"fmt"
	"time"

	"github.com/taskflow-run/taskflow/cron"
)

func ExampleParse() {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	s, err := cron.Parse("*/7 * * * FRI-MON", cron.Options{Location: newYork})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Words())
	// Output: every 7 minutes, Friday to Monday
}

func ExampleParseError() {
	_, err := cron.Parse("0 0 30 2 *", cron.Options{})
	fmt.Println(err)
	_, err = cron.Parse("61 * * * *", cron.Options{})
	fmt.Println(err)
	// Output:
	// cron: "0 0 30 2 *": day-of-month "30": never fires, month "2" has no such day
	// cron: "61 * * * *": minute "61": out of range, allowed 0-59
}

func ExampleSchedule_Next() {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	s, err := cron.Parse("30 2 * * *", cron.Options{Location: newYork})
	if err != nil {
		panic(err)
	}
	at := time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC)
	for range 3 {
		at = s.Next(at)
		fmt.Printf("%s %q\n", at.Format(time.RFC3339), s.Note(at))
	}
	// Output:
	// 2026-03-07T07:30:00Z ""
	// 2026-03-08T07:00:00Z "02:30 does not exist on 2026-03-08, fires after the gap at 03:00"
	// 2026-03-09T06:30:00Z ""
}

func ExampleSchedule_Prev() {
	s, err := cron.Parse("0 6 * * FRIL", cron.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Prev(time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC)))
	// Output: 2026-02-27 06:00:00 +0000 UTC
}

func ExampleOptions() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	for _, overlap := range []cron.Overlap{cron.OverlapFirst, cron.OverlapLast} {
		s, err := cron.Parse("30 2 * * *", cron.Options{Location: berlin, Overlap: overlap})
		if err != nil {
			panic(err)
		}
		at := s.Next(time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC))
		fmt.Println(at.In(berlin), s.Note(at))
	}
	// Output:
	// 2026-10-25 02:30:00 +0200 CEST 02:30 occurs twice on 2026-10-25, this is the first
	// 2026-10-25 02:30:00 +0100 CET 02:30 occurs twice on 2026-10-25, this is the second
}

func ExampleSchedule_Note() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	s, err := cron.Parse("0 6 * * *", cron.Options{Location: berlin})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Note(time.Date(2026, 3, 29, 4, 0, 0, 0, time.UTC)))
	// Output: clocks go from 02:00 to 03:00 on 2026-03-29, 23h after the fire before
}

func ExampleSchedule_Words() {
	for _, expr := range []string{"0 8 * * TUE-SAT", "@hourly", "0 0 L 12 *"} {
		s, err := cron.Parse(expr, cron.Options{})
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s: %s\n", s, s.Words())
	}
	// Output:
	// 0 8 * * TUE-SAT: at 08:00, Tuesday to Saturday
	// @hourly: every hour on the hour
	// 0 0 L 12 *: at 00:00 on the last day of December
}
