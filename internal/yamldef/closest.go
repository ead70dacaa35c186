package yamldef

import (
	"slices"
	"strings"
)

// synonyms are what other programs call a field.
var synonyms = map[string]string{
	"cron": "schedule", "tz": "timezone", "enabled": "active", "max_active_runs": "concurrency",
	"script": "command", "run": "command", "bash": "command", "cmd": "command",
	"cwd": "working_dir", "dir": "working_dir", "environment": "env", "needs": "depends_on",
	"parameters": "params", "args": "params", "trigger_rule": "run_if",
}

// closest returns the name that was probably meant, "" if none is close.
func closest(name string, names []string) string {
	if len(name) > 40 {
		return ""
	}
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	best, least := "", 3 // two slips at most
	for _, candidate := range names {
		if n := distance(name, candidate); n < least && n < len(candidate) {
			best, least = candidate, n
		}
	}
	if best != "" {
		return best
	}
	if meant := synonyms[name]; slices.Contains(names, meant) {
		return meant
	}
	for _, candidate := range names { // priority for default_priority
		if slices.Contains(strings.Split(candidate, "_"), name) {
			return candidate
		}
	}
	return ""
}

// distance counts the insertions, deletions and replacements between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
