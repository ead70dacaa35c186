package cron

import (
	"fmt"
	"strconv"
	"strings"
)

// A unit describes one field: its values go round from lo, and there are size
// many of them. Up to max may be written, as 7 for Sunday.
type unit struct {
	name          string
	lo, max, size int
	names         []string // of the values from lo on
}

var (
	second     = unit{"second", 0, 59, 60, nil}
	minute     = unit{"minute", 0, 59, 60, nil}
	hour       = unit{"hour", 0, 23, 24, nil}
	dayOfMonth = unit{"day-of-month", 1, 31, 31, nil}
	month      = unit{"month", 1, 12, 12, strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")}
	dayOfWeek  = unit{"day-of-week", 0, 7, 7, strings.Fields("SUN MON TUE WED THU FRI SAT")}
)

// items calls read for each item of a list.
func (u unit) items(field string, read func(item string) *ParseError) *ParseError {
	for item := range strings.SplitSeq(field, ",") {
		if item == "" {
			return u.fault(field, "empty item in the list, allowed "+u.allowed())
		}
		if err := read(item); err != nil {
			return err
		}
	}
	return nil
}

// parse reads a field that knows no L and no #.
func (u unit) parse(field string) (values set, _ *ParseError) {
	err := u.items(field, func(item string) *ParseError {
		more, err := u.item(item)
		values |= more
		return err
	})
	return values, err
}

// item reads *, a value or a range, with or without a step.
func (u unit) item(item string) (set, *ParseError) {
	span, every, stepped := strings.Cut(item, "/")
	step := 1
	if stepped {
		var ok bool
		if step, ok = number(every); !ok || step < 1 || step > u.size {
			return 0, u.fault(item, fmt.Sprintf("step %s is not allowed, allowed 1-%d", quote(every), u.size))
		}
	}
	first, last, ranged := strings.Cut(span, "-")
	from, to := u.lo, u.lo+u.size-1
	if span != "*" {
		var err *ParseError
		if from, err = u.value(item, first); err != nil {
			return 0, err
		}
		switch {
		case ranged:
			if to, err = u.value(item, last); err != nil {
				return 0, err
			}
		case !stepped:
			to = from
		}
	}
	if to < from {
		to += u.size // the range wraps
	}
	var values set
	for v := from; v <= to; v += step {
		values |= 1 << (u.lo + (v-u.lo)%u.size)
	}
	return values, nil
}

// value reads a number or a name, which is the item or a part of it.
func (u unit) value(item, s string) (int, *ParseError) {
	for i, name := range u.names {
		if strings.EqualFold(s, name) {
			return u.lo + i, nil
		}
	}
	v, ok := number(s)
	if ok && u.lo <= v && v <= u.max {
		return v, nil
	}
	reason := "not a value"
	switch {
	case s == "?":
		return 0, u.fault(item, "? is not supported, write *")
	case u.name == dayOfMonth.name && strings.ContainsAny(s, "Ww"):
		return 0, u.fault(item, "W (nearest weekday) is not supported, allowed "+u.allowed())
	case ok:
		reason = "out of range"
	}
	if s != item {
		reason = quote(s) + " is " + reason
	}
	return 0, u.fault(item, reason+", allowed "+u.allowed())
}

// allowed is for error messages.
func (u unit) allowed() string {
	values := fmt.Sprintf("%d-%d", u.lo, u.max)
	if u.names != nil {
		values += fmt.Sprintf(" and %s-%s", u.names[0], u.names[u.size-1])
	}
	return values
}

func (u unit) fault(value, reason string) *ParseError {
	return &ParseError{Field: u.name, Value: value, Reason: reason}
}

// number reads decimal digits only: no sign, no space. One too large to store is
// returned as the largest, which no field allows.
func number(s string) (int, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, _ := strconv.ParseUint(s, 10, 16)
	return int(n), true
}
