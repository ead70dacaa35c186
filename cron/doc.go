// Package cron answers three questions about a cron expression in a time zone:
// when does it fire next, when did it fire last, and how does one say it in
// plain English.
//
// It promises exact answers where clocks change: every fire of a schedule is an
// instant, whole seconds, in UTC, and which instants those are follows from the
// expression, the zone and two choices ([Gap] and [Overlap]) alone. It keeps no
// state, reads no clock and starts nothing; a [Schedule] never changes and may
// be used by many goroutines.
//
// # Expressions
//
// Five fields, or six with seconds first (without them the second is 0):
//
//	field         values           names      also
//	second        0-59
//	minute        0-59
//	hour          0-23
//	day-of-month  1-31                        L (last day), L-3 (three days before it)
//	month         1-12             JAN-DEC
//	day-of-week   0-7 (7 = Sunday) SUN-SAT    FRI#2 (second Friday), FRIL or 5L (last Friday)
//
// A field is a list of items parted by commas. An item is *, a value, a range
// (10-50) or one of these with a step: */7, 10-50/5, and 5/15, which runs from 5
// to the end of the field. A range may wrap (FRI-MON, 22-2, NOV-FEB, 28-3); its
// step goes on across the wrap, counting 31 days to a month. Letters may be
// written small. @hourly, @daily, @midnight, @weekly, @monthly, @yearly and
// @annually stand for what they say.
//
// A day must match both day fields if one of them starts with *, and either of
// them if neither does. This is Vixie cron's rule to the letter: "0 0 13 * FRI"
// fires on every 13th and on every Friday, "0 0 */2 * FRI" only on Fridays that
// are odd days, as */2 starts with *.
//
// # Where clocks change
//
// A schedule whose minute or hour field starts with * is a wildcard schedule: it
// fires at every instant whose local time matches, so in both of two repeated
// hours and not in a missing one. Any other has fixed times. A fixed time that
// does not exist on a day fires at the first instant after the gap, one that
// occurs twice fires the first time; [Options] can change both. Several fires
// that land on one instant are one. The fields match the local time as written,
// not the one where it lands.
package cron
