package cron

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Words says the schedule in plain English, such as "every 7 minutes, Friday to
// Monday". It speaks of local times and not of the zone. "every 7 minutes" is
// what people call */7: minutes 0, 7 and so on to 56, in each hour anew.
// Schedules that match different local times have different words.
func (s *Schedule) Words() string {
	times, dates := s.times(), s.dates()
	if dates == "" && strings.HasPrefix(times, "at ") && times[3] <= '9' {
		dates = " every day" // a bare "at 06:00" could be meant once
	}
	return times + dates
}

// times says the times of day: "at 06:00", "every 7 minutes from 09:00 to 17:56".
func (c *calendar) times() string {
	hours, from := c.hour, ""
	if lo, hi := hours.edge(1), hours.edge(-1); hours == between(lo, hi) && hours.size() > 2 && hours.size() < hour.size {
		from = fmt.Sprintf(" from %s to %s",
			c.timeOfDay(lo, c.minute.edge(1), c.second.edge(1)),
			c.timeOfDay(hi, c.minute.edge(-1), c.second.edge(-1)))
		hours = between(0, 23)
	}
	onTheMinute := c.second == between(0, 0)
	often := hours == between(0, 23) || hour.step(hours) > 0
	switch {
	case c.minute.size()*c.second.size() == 1 && !often, c.hour.size()*c.minute.size()*c.second.size() <= 4:
		return "at " + c.eachTime()
	case onTheMinute && c.minute == between(0, 0) && often:
		return hour.phrase(hours, false) + " on the hour" + from
	}

	words := second.phrase(c.second, false)
	if onTheMinute {
		words = minute.phrase(c.minute, false)
	} else {
		words = inside(words, minute, c.minute)
	}
	words = inside(words, hour, hours) + from
	if strings.HasPrefix(words, "every") {
		return words
	}
	return "at " + words
}

// inside sets the words for a smaller unit into the larger one. "every second"
// needs no "of every minute".
func inside(words string, u unit, values set) string {
	last := strings.TrimPrefix(words[strings.LastIndex(words, " of ")+1:], "of ")
	if values.size() == u.size && strings.HasPrefix(last, "every") && !strings.Contains(last, "from") {
		return words
	}
	return words + " of " + u.phrase(values, true)
}

// eachTime lists the times of day.
func (c *calendar) eachTime() string {
	var times []string
	for _, h := range c.hour.values() {
		for _, m := range c.minute.values() {
			for _, s := range c.second.values() {
				times = append(times, c.timeOfDay(h, m, s))
			}
		}
	}
	return join(times)
}

func (c *calendar) timeOfDay(h, m, s int) string {
	if c.second == between(0, 0) {
		return fmt.Sprintf("%02d:%02d", h, m)
	}
	return fmt.Sprintf("%02d:%02d:%02d", h, m, s)
}

// dates says the days, with what joins them to the times: ", Friday to Monday".
func (c *calendar) dates() string {
	everyDay := c.day == between(1, 31)
	everyWeekday := c.week[0] == between(0, 6) && !slices.ContainsFunc(c.week[1:], func(w set) bool { return w != c.week[0] })
	months := ""
	if c.month.size() < month.size {
		months = month.list(c.month)
	}
	of := " of the month"
	if months != "" && (everyDay || everyWeekday) {
		of = " of " + months
	}
	weekdays, plain := c.weekdays(of)

	switch {
	case everyDay && everyWeekday, c.either && (everyDay || everyWeekday):
		if months != "" {
			return " every day in " + months
		}
		return ""
	case everyWeekday:
		return " on " + c.monthDays() + of
	case everyDay && !plain:
		return " on " + weekdays
	}

	words := ", " + weekdays
	if !everyDay {
		joint := " if it is "
		if c.either {
			joint = " or on "
		}
		words = " on " + c.monthDays() + of + joint + weekdays
	}
	if months != "" {
		words += ", in " + months
	}
	return words
}

// monthDays lists the days of the month: "day 1 and the last day".
func (c *calendar) monthDays() string {
	var days []string
	if c.day != 0 {
		days = append(days, dayOfMonth.phrase(c.day, true))
	}
	for _, k := range c.fromLast.values() {
		switch k {
		case 0:
			days = append(days, "the last day")
		case 1:
			days = append(days, "the day before the last")
		default:
			days = append(days, fmt.Sprintf("the %s day before the last", ordinal(k)))
		}
	}
	return join(days)
}

// weekdays lists the days of the week; plain says that no week of the month is
// named.
func (c *calendar) weekdays(of string) (words string, plain bool) {
	always := between(0, 6)
	for _, w := range c.week {
		always &= w
	}
	var days []string
	if always != 0 {
		days = append(days, dayOfWeek.list(always))
	}
	add := func(which string, weekdays set) {
		for _, v := range (weekdays &^ always).values() {
			days = append(days, "the "+which+" "+dayOfWeek.label(v))
		}
	}
	for i, which := range []string{"first", "second", "third", "fourth", "fifth"} {
		add(which, c.week[i])
	}
	add("last", c.lastWeek)
	if len(days) == 1 && always != 0 {
		return days[0], true
	}
	return join(days) + of, false
}

// phrase says the values of a unit: "every minute", "every 7 minutes", "minutes
// 5 and 20 to 25". After the words of a smaller unit it is "every 7th minute".
func (u unit) phrase(values set, nested bool) string {
	noun, _, _ := strings.Cut(u.name, "-")
	step := u.step(values)
	switch {
	case values.size() == u.size:
		return "every " + noun
	case step > 0:
		words := fmt.Sprintf("every %d %ss", step, noun)
		if nested {
			words = fmt.Sprintf("every %s %s", ordinal(step), noun)
		}
		if first := values.edge(1); first != u.lo {
			words += fmt.Sprintf(" from %s %d", noun, first)
		}
		return words
	case values.size() > 1:
		noun += "s"
	}
	return noun + " " + u.list(values)
}

// step returns the step that leads through the values up to the end of the field,
// if there are three of them or more, or 0.
func (u unit) step(values set) int {
	if values.size() < 3 {
		return 0
	}
	first := values.edge(1)
	next, _ := values.seek(first+1, 1)
	step := next - first
	var same set
	for v := first; v < u.lo+u.size; v += step {
		same |= 1 << v
	}
	if step == 1 || same != values {
		return 0
	}
	return step
}

// list lists values, three or more in a row as a range, which may go round the
// end of the field: "Friday to Monday".
func (u unit) list(values set) string {
	has := func(v int) bool { return values.has(u.lo + (v-u.lo+u.size)%u.size) }
	var items []string
	for _, v := range values.values() {
		if values.size() < u.size && has(v-1) {
			continue // in a row already listed
		}
		last := v
		for last < v+u.size-1 && has(last+1) {
			last++
		}
		switch last - v {
		case 0:
			items = append(items, u.label(v))
		case 1:
			items = append(items, u.label(v), u.label(last))
		default:
			items = append(items, u.label(v)+" to "+u.label(last))
		}
	}
	return join(items)
}

// label names a value, which may lie one turn beyond the end of the field.
func (u unit) label(v int) string {
	v = u.lo + (v-u.lo)%u.size
	switch u.name {
	case month.name:
		return time.Month(v).String()
	case dayOfWeek.name:
		return time.Weekday(v).String()
	default:
		return fmt.Sprint(v)
	}
}

// join lists words: "a", "a and b", "a, b and c".
func join(words []string) string {
	n := len(words) - 1
	if n < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n], ", ") + " and " + words[n]
}

func ordinal(n int) string {
	ending := "th"
	if n/10 != 1 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return fmt.Sprint(n) + ending
}
