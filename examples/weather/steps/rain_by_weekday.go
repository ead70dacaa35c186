package main

// weekday is one day of the week, over all weeks.
type weekday struct {
	Weekday string  `json:"weekday"`
	Days    int     `json:"days"`
	Wet     int     `json:"wet_days"` // days with any precipitation
	Rain    float64 `json:"precipitation"`
}

// rainByWeekday counts from Monday.
func rainByWeekday() (any, error) {
	return query(func(w *weekday) []any {
		return []any{&w.Weekday, &w.Days, &w.Wet, &w.Rain}
	}, `
		SELECT CASE strftime('%u', date)
		         WHEN '1' THEN 'Monday'
		         WHEN '2' THEN 'Tuesday'
		         WHEN '3' THEN 'Wednesday'
		         WHEN '4' THEN 'Thursday'
		         WHEN '5' THEN 'Friday'
		         WHEN '6' THEN 'Saturday'
		         ELSE 'Sunday'
		       END,
		       count(*),
		       count(*) FILTER (WHERE precipitation > 0),
		       sum(precipitation)
		FROM daily
		GROUP BY strftime('%u', date)
		ORDER BY strftime('%u', date)`)
}
