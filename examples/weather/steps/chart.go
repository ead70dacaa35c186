package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Where things are in the chart, in its own units.
const (
	plotLeft, plotRight = 56.0, 664.0
	plotTop, plotBottom = 72.0, 332.0
	gridLines           = 6 // above the lowest
	barWidth            = 26.0
)

// chart is what the template draws: everything is a position already.
type chart struct {
	Left, Right, Top, Bottom float64
	Grid                     []gridLine
	Months                   []mark
	Line, Band               string // points of the mean, and of the range around it
}

// gridLine has the labels of both axes.
type gridLine struct {
	Y                 float64
	Temperature, Rain string
}

// mark is what is drawn for a month.
type mark struct {
	X, Y                float64 // of the mean temperature
	BarX, BarY, BarH    float64
	BarWidth            float64
	Label, Name         string
	Temperature, RainMM float64
}

func newChart(months []month) chart {
	c := chart{Left: plotLeft, Right: plotRight, Top: plotTop, Bottom: plotBottom}
	var lowest, hottest, wettest float64
	for _, m := range months {
		lowest, hottest, wettest = min(lowest, m.MeanMin), max(hottest, m.MeanMax), max(wettest, m.Rain)
	}
	temperature, rain := newAxis(lowest, hottest), newAxis(0, wettest)
	for i := range gridLines + 1 {
		c.Grid = append(c.Grid, gridLine{
			Y:           plotBottom - (plotBottom-plotTop)*float64(i)/gridLines,
			Temperature: temperature.label(i),
			Rain:        rain.label(i),
		})
	}
	var line, highs, lows []string
	width := (plotRight - plotLeft) / float64(len(months))
	for i, m := range months {
		x := plotLeft + width*(float64(i)+0.5)
		y, barY := temperature.y(m.Mean), rain.y(m.Rain)
		c.Months = append(c.Months, mark{
			X: x, Y: y,
			BarX: x - barWidth/2, BarY: barY, BarH: plotBottom - barY, BarWidth: barWidth,
			Label: time.Month(m.Month).String()[:3], Name: time.Month(m.Month).String(),
			Temperature: m.Mean, RainMM: m.Rain,
		})
		line = append(line, point(x, y))
		highs = append(highs, point(x, temperature.y(m.MeanMax)))
		lows = append([]string{point(x, temperature.y(m.MeanMin))}, lows...) // back again
	}
	c.Line = strings.Join(line, " ")
	c.Band = strings.Join(append(highs, lows...), " ")
	return c
}

func point(x, y float64) string { return fmt.Sprintf("%.1f,%.1f", x, y) }

// axis is a scale with round numbers at the grid lines.
type axis struct{ low, step float64 }

// newAxis finds the smallest round step with which the grid spans low to high.
func newAxis(low, high float64) axis {
	for size := 0.1; ; size *= 10 {
		for _, n := range []float64{1, 2, 3, 4, 5} {
			a := axis{step: n * size}
			a.low = a.step * math.Floor(low/a.step)
			if a.low+a.step*gridLines >= high {
				return a
			}
		}
	}
}

func (a axis) label(i int) string { return fmt.Sprintf("%.4g", a.low+a.step*float64(i)) }

func (a axis) y(value float64) float64 {
	return plotBottom - (plotBottom-plotTop)*(value-a.low)/(a.step*gridLines)
}
