package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// checkInput refuses a file that is not well-formed, has days missing or twice,
// or has not as many as expected.
func checkInput() (any, error) {
	path := os.Getenv("TASKFLOW_PARAM_INPUT")
	expected, err := strconv.Atoi(os.Getenv("TASKFLOW_PARAM_EXPECTED_ROWS"))
	if err != nil {
		return nil, fmt.Errorf("param expected_rows: %w", err)
	}
	days, err := readDays(path)
	if err != nil {
		return nil, err
	}
	for i, d := range days[1:] {
		if next := days[i].Date.AddDate(0, 0, 1); !d.Date.Equal(next) {
			return nil, fmt.Errorf("%s, line %d, column date: %s, where %s should follow",
				path, i+3, d.Date.Format(time.DateOnly), next.Format(time.DateOnly))
		}
	}
	if len(days) != expected {
		return nil, fmt.Errorf("%s has %d rows, not %d as expected", path, len(days), expected)
	}
	fmt.Printf("%s is fine: %d days without a gap\n", path, len(days))
	return nil, nil
}
