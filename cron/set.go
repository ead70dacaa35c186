package cron

import "math/bits"

// A set holds the values of one field, 0 to 63, a bit each.
type set uint64

func (s set) has(v int) bool { return s>>v&1 == 1 }

func (s set) size() int { return bits.OnesCount64(uint64(s)) }

// seek returns the value nearest to v, v included, going up (dir 1) or down
// (dir -1). v may lie one outside the values of the field.
func (s set) seek(v, dir int) (int, bool) {
	if dir > 0 {
		s = s >> v << v
		return bits.TrailingZeros64(uint64(s)), s != 0
	}
	s &= 1<<(v+1) - 1
	return bits.Len64(uint64(s)) - 1, s != 0
}

// edge returns the value met first when going in direction dir.
func (s set) edge(dir int) int {
	v, _ := s.seek(outset(dir), dir)
	return v
}

// outset is where seek starts to meet every value.
func outset(dir int) int {
	if dir > 0 {
		return 0
	}
	return 63
}

// between returns the set of lo to hi.
func between(lo, hi int) set { return 1<<(hi+1) - 1<<lo }

// values lists the set in rising order.
func (s set) values() []int {
	var vs []int
	for v, ok := s.seek(0, 1); ok; v, ok = s.seek(v+1, 1) {
		vs = append(vs, v)
	}
	return vs
}
