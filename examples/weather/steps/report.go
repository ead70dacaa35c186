package main

import (
	"bytes"
	_ "embed" // for the templates
	"fmt"
	"os"
	"text/template"
	"time"
)

//go:embed report.md.tmpl
var reportTemplate string

//go:embed monthly.svg.tmpl
var chartTemplate string

// reportData is what the report shows.
type reportData struct {
	Load     loaded
	Months   []month
	Extremes extremeDays
	Weekdays []weekday
}

// report writes the report and its chart from the results of earlier steps.
func report() (any, error) {
	var data reportData
	for task, into := range map[string]any{
		"load":            &data.Load,
		"monthly_means":   &data.Months,
		"extremes":        &data.Extremes,
		"rain_by_weekday": &data.Weekdays,
	} {
		if err := resultOf(task, into); err != nil {
			return nil, err
		}
	}
	if err := write("out/monthly.svg", chartTemplate, newChart(data.Months)); err != nil {
		return nil, err
	}
	if err := write("out/report.md", reportTemplate, data); err != nil {
		return nil, err
	}
	fmt.Println("wrote out/report.md and out/monthly.svg")
	return nil, nil
}

// write fills in a template. The file is replaced at once, when it is complete.
func write(path, text string, data any) error {
	t, err := template.New(path).Funcs(template.FuncMap{
		"month":   func(n int) string { return time.Month(n).String() },
		"percent": func(part, whole int) float64 { return 100 * float64(part) / float64(whole) },
	}).Parse(text)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", b.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
