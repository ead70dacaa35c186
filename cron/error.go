package cron

import "fmt"

// A ParseError says what is wrong with an expression or its options.
type ParseError struct {
	Expr   string // the expression as written
	Field  string // the field at fault, such as "day-of-month"; "" if it is the expression as a whole
	Value  string // the part of the field at fault
	Reason string // what is wrong with it and what is allowed
}

// Error names the expression, the field, the value and the reason, on one line.
func (e *ParseError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("cron: %s: %s", quote(e.Expr), e.Reason)
	}
	return fmt.Sprintf("cron: %s: %s %s: %s", quote(e.Expr), e.Field, quote(e.Value), e.Reason)
}

// quote keeps the message readable when someone passes in a whole file.
func quote(s string) string {
	const most = 60
	if len(s) > most {
		return fmt.Sprintf("%q...", s[:most])
	}
	return fmt.Sprintf("%q", s)
}
