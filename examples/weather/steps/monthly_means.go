package main

// month is one month of the year, over all years.
type month struct {
	Month   int     `json:"month"` // 1–12
	Mean    float64 `json:"temp_mean"`
	MeanMax float64 `json:"temp_max"`
	MeanMin float64 `json:"temp_min"`
	Rain    float64 `json:"precipitation"` // mm a month, on average
}

// monthlyMeans takes the middle of a day's maximum and minimum as the day's
// temperature, as climatologists do.
func monthlyMeans() (any, error) {
	return query(func(m *month) []any {
		return []any{&m.Month, &m.Mean, &m.MeanMax, &m.MeanMin, &m.Rain}
	}, `
		SELECT CAST(strftime('%m', date) AS INTEGER) AS month,
		       avg((temp_max + temp_min) / 2),
		       avg(temp_max),
		       avg(temp_min),
		       sum(precipitation) / count(DISTINCT strftime('%Y', date))
		FROM daily
		GROUP BY month
		ORDER BY month`)
}
