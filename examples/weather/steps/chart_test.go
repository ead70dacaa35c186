package main

import "testing"

func TestAxisSpansItsValuesInRoundSteps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		low, high float64
		want      axis
	}{
		{0, 26.1, axis{0, 5}},
		{0, 160.6, axis{0, 30}},
		{-12, 31, axis{-20, 10}},
		{0, 0, axis{0, 0.1}}, // nothing but zeros
	} {
		got := newAxis(test.low, test.high)
		if got != test.want {
			t.Errorf("newAxis(%g, %g) = %v, want %v", test.low, test.high, got, test.want)
		}
		if bottom, top := got.y(test.low), got.y(test.high); bottom > plotBottom || top < plotTop {
			t.Errorf("newAxis(%g, %g) draws from %g to %g, outside the plot", test.low, test.high, bottom, top)
		}
	}
}
