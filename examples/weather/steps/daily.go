package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"time"
)

// columns of the file, and of the table it is loaded into.
var columns = []string{"date", "precipitation", "temp_max", "temp_min", "wind", "weather"}

// day is one row.
type day struct {
	Date                                  time.Time
	Precipitation, TempMax, TempMin, Wind float64
	Weather                               string
}

// readDays reads the whole file. An error names the line and the column.
func readDays(path string) ([]day, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1 // counted below, to name the column
	var days []day
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if first {
			err = checkHeader(row)
		} else {
			var d day
			d, err = parseDay(row)
			days = append(days, d)
		}
		if err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("%s, line %d, %w", path, line, err)
		}
	}
	if len(days) == 0 {
		return nil, fmt.Errorf("%s has no days in it", path)
	}
	return days, nil
}

func checkHeader(row []string) error {
	for i, want := range columns {
		if i >= len(row) {
			return fmt.Errorf("column %s: it is missing", want)
		}
		if row[i] != want {
			return fmt.Errorf("column %s: the file has %q in its place", want, row[i])
		}
	}
	if len(row) > len(columns) {
		return fmt.Errorf("column %s: there should be none after %s", row[len(columns)], columns[len(columns)-1])
	}
	return nil
}

func parseDay(row []string) (day, error) {
	if len(row) < len(columns) {
		return day{}, fmt.Errorf("column %s: the row ends before it", columns[len(row)])
	}
	if len(row) > len(columns) {
		return day{}, fmt.Errorf("column %s: the row goes on after it", columns[len(columns)-1])
	}
	date, err := time.Parse(time.DateOnly, row[0])
	if err != nil {
		return day{}, fmt.Errorf("column date: %q is not a date such as 2012-12-31", row[0])
	}
	var numbers [4]float64
	for i := range numbers {
		text := row[i+1]
		if numbers[i], err = strconv.ParseFloat(text, 64); err != nil || math.IsNaN(numbers[i]) || math.IsInf(numbers[i], 0) {
			return day{}, fmt.Errorf("column %s: %q is not a number", columns[i+1], text)
		}
	}
	return day{date, numbers[0], numbers[1], numbers[2], numbers[3], row[5]}, nil
}
