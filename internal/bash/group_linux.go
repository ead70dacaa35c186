package bash

import (
	"bytes"
	"os"
	"strconv"
)

// living returns a process of the group that is not a zombie, 0 if there is
// none. It looks at the given one first: to look at all is costly.
//
// Orphans are reaped by the init process, and that of many a container takes
// its time or never does it.
func (g group) living(first int) int {
	if g.hasLiving(strconv.Itoa(first)) {
		return first
	}
	proc, err := os.Open("/proc")
	if err != nil {
		return int(g) // who knows
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && g.hasLiving(name) {
			return pid
		}
	}
	return 0
}

// hasLiving reports whether the process is of the group and no zombie.
func (g group) hasLiving(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	// number (name) state parent group …, where the name may be anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	return len(fields) > 2 && string(fields[0]) != "Z" && string(fields[2]) == strconv.Itoa(int(g))
}
