package main

import "os"

// extreme is a day with what was extreme about it.
type extreme struct {
	Date    string  `json:"date"`
	Value   float64 `json:"value"` // mm or °C
	Weather string  `json:"weather"`
}

// extremeDays is the result of extremes; of equal days the earlier comes first.
type extremeDays struct {
	Wettest []extreme `json:"wettest"`
	Hottest []extreme `json:"hottest"`
}

func extremes() (any, error) {
	limit := os.Getenv("TASKFLOW_PARAM_DAYS")
	fields := func(e *extreme) []any { return []any{&e.Date, &e.Value, &e.Weather} }
	wettest, err := query(fields, `
		SELECT date, precipitation, weather
		FROM daily
		ORDER BY precipitation DESC, date
		LIMIT CAST(? AS INTEGER)`, limit)
	if err != nil {
		return nil, err
	}
	hottest, err := query(fields, `
		SELECT date, temp_max, weather
		FROM daily
		ORDER BY temp_max DESC, date
		LIMIT CAST(? AS INTEGER)`, limit)
	if err != nil {
		return nil, err
	}
	return extremeDays{wettest, hottest}, nil
}
