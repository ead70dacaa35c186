package cron

import (
	"fmt"
	"strings"
)

// maxExpr is far beyond what a person writes; 60 minutes as a list are 170 bytes.
const maxExpr = 1000

var shorthands = map[string]string{
	"@hourly":   "0 * * * *",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@weekly":   "0 0 * * 0",
	"@monthly":  "0 0 1 * *",
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
}

// parse fills in the calendar and reports whether the schedule is a wildcard
// schedule. The caller adds the expression to the error.
func (c *calendar) parse(expr string) (wildcard bool, _ *ParseError) {
	fields, err := split(expr)
	if err != nil {
		return false, err
	}
	for _, f := range []struct {
		unit unit
		text string
		into *set
	}{
		{second, fields[0], &c.second},
		{minute, fields[1], &c.minute},
		{hour, fields[2], &c.hour},
		{month, fields[4], &c.month},
	} {
		if *f.into, err = f.unit.parse(f.text); err != nil {
			return false, err
		}
	}
	days, weekdays := fields[3], fields[5]
	if err := c.parseDays(days); err != nil {
		return false, err
	}
	if err := c.parseWeekdays(weekdays); err != nil {
		return false, err
	}
	c.either = !starred(days) && !starred(weekdays)

	if _, _, _, ok := c.date(firstYear, 1, 1, 1); !ok {
		reason := fmt.Sprintf("never fires, month %s has no such day", quote(fields[4]))
		if weekdays != "*" {
			reason = fmt.Sprintf("never fires, no such day of month %s is also day-of-week %s", quote(fields[4]), quote(weekdays))
		}
		return false, &ParseError{Field: dayOfMonth.name, Value: days, Reason: reason}
	}
	return starred(fields[1]) || starred(fields[2]), nil
}

func starred(field string) bool { return field[0] == '*' }

// split returns the six fields of an expression.
func split(expr string) ([]string, *ParseError) {
	whole := func(format string, args ...any) ([]string, *ParseError) {
		return nil, &ParseError{Reason: fmt.Sprintf(format, args...)}
	}
	if len(expr) > maxExpr {
		return whole("%d bytes long, allowed %d", len(expr), maxExpr)
	}
	for _, r := range expr {
		if r > '~' || r < ' ' && r != '\t' {
			return whole("character %q is not allowed, write plain ASCII", r)
		}
	}
	fields := strings.Fields(expr)
	if len(fields) > 0 && fields[0][0] == '@' {
		word := strings.ToLower(strings.Join(fields, " "))
		switch long, ok := shorthands[word]; {
		case ok:
			fields = strings.Fields(long)
		case strings.HasPrefix(word, "@every"):
			return whole("@every is not supported, write a step such as */5 in a field")
		default:
			return whole("unknown, allowed @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually")
		}
	}
	if len(fields) > 0 && strings.Contains(fields[0], "TZ=") {
		return whole("a zone is no part of the expression, give it beside it")
	}
	switch len(fields) {
	case 5:
		return append([]string{"0"}, fields...), nil
	case 6:
		return fields, nil
	default:
		return whole("%d fields, allowed 5 (minute hour day-of-month month day-of-week) or 6 (second first)", len(fields))
	}
}

// parseDays reads the day-of-month field.
func (c *calendar) parseDays(field string) *ParseError {
	return dayOfMonth.items(field, func(item string) *ParseError {
		if item[0] != 'L' && item[0] != 'l' {
			days, err := dayOfMonth.item(item)
			c.day |= days
			return err
		}
		back := 0
		if rest := item[1:]; rest != "" {
			var ok bool
			if back, ok = number(strings.TrimPrefix(rest, "-")); !ok || rest[0] != '-' || back < 1 || back > 30 {
				return dayOfMonth.fault(item, "not a count from the last day, allowed L and L-1 to L-30")
			}
		}
		c.fromLast |= 1 << back
		return nil
	})
}

// parseWeekdays reads the day-of-week field.
func (c *calendar) parseWeekdays(field string) *ParseError {
	return dayOfWeek.items(field, func(item string) *ParseError {
		if name, nth, ok := strings.Cut(item, "#"); ok {
			n, ok := number(nth)
			if !ok || n < 1 || n > len(c.week) {
				return dayOfWeek.fault(item, "no such week of the month, allowed #1 to #5")
			}
			weekday, err := dayOfWeek.value(item, name)
			if err != nil {
				return err
			}
			c.week[n-1] |= 1 << (weekday % 7)
			return nil
		}
		if name := strings.TrimRight(item, "Ll"); len(name) == len(item)-1 {
			if name == "" {
				return dayOfWeek.fault(item, "L needs a day before it, allowed such as 5L or FRIL")
			}
			weekday, err := dayOfWeek.value(item, name)
			if err != nil {
				return err
			}
			c.lastWeek |= 1 << (weekday % 7)
			return nil
		}
		weekdays, err := dayOfWeek.item(item)
		for i := range c.week {
			c.week[i] |= weekdays
		}
		return err
	})
}
