package yamldef

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/taskflow-run/taskflow"
)

// TestOneFileWithEveryFaultIsRefusedInOneError compares with a file of faults,
// one a line, which was checked by hand against the definitions beside it.
func TestOneFileWithEveryFaultIsRefusedInOneError(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/every_fault.txt")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Load("testdata/every_fault.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tf := taskflow.New()
	s.AddTo(tf)
	_, err = tf.Definitions()
	err = s.Locate(err)
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("no faults in %v", err)
	}
	got, expected := strings.Split(err.Error(), "\n"), strings.Split(strings.TrimSpace(string(want)), "\n")
	for i := range max(len(got), len(expected)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(expected) {
			w = expected[i]
		}
		if g != w {
			t.Errorf("fault %d: got\n%s\nwant\n%s", i+1, g, w)
		}
	}
}

func TestEveryFaultHasItsPlaceAndReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"an unknown field": {"tasks:\n  - name: a\n    comand: x\n    command: x\n",
			`3:5: task "a": unknown field "comand"; did you mean command?`},
		"an unknown top-level key": {"task:\n  - name: a\n", `1:1: unknown field "task"; did you mean tasks?`},
		"a name used twice": {"tasks:\n  - {name: a, command: x}\n  - {name: a, command: x}\n",
			`3:12: task "a": name: already used by another task; task names are unique across all workflows (the first is at 2:12)`},
		"a field used twice": {"tasks:\n  - name: a\n    command: x\n    command: y\n",
			`4:5: task "a": "command" is there twice, the first in line 3`},
		"a dependency on itself": {flowOf("a"), `5:22: task "a": depends_on: a task cannot depend on itself`},
		"a dependency on none":   {flowOf("zz"), `5:22: task "a": depends_on: there is no task "zz"`},
		"a dependency on another workflow's task": {flowOf("b") + "  - name: v\n    tasks: [{name: b, command: x}]\n",
			`5:22: task "a": depends_on: task "b" (of workflow "v") is not part of workflow "w"`},
		"a cycle": {flowOf("b") + "      - {name: b, command: x, depends_on: [a]}\n",
			`5:21: workflow "w": tasks: the tasks depend on each other in a circle: a → b → a`},
		"a dependency outside a workflow": {"tasks:\n  - {name: a, command: x}\n  - {name: b, command: x, depends_on: [a]}\n",
			`3:39: task "b": depends_on: only tasks of a workflow depend on each other; move the task into one`},
		"a schedule on a workflow's task": {"workflows:\n  - name: w\n    tasks:\n      - {name: a, command: x, schedule: '@daily'}\n",
			`4:41: task "a": schedule: a task of a workflow has no schedule of its own; give it to workflow "w"`},
		"a bad expression":               {"tasks:\n  - {name: a, command: x, schedule: '99 * * * *'}\n", `2:37: task "a": schedule: cron: "99 * * * *": minute "99": out of range, allowed 0-59`},
		"an expression that never fires": {"tasks:\n  - {name: a, command: x, schedule: '0 0 31 4 *'}\n", `2:37: task "a": schedule: cron: "0 0 31 4 *": day-of-month "31": never fires, month "4" has no such day`},
		"an unknown zone":                {"tasks:\n  - {name: a, command: x, timezone: Mars}\n", `2:37: task "a": timezone: unknown time zone "Mars"; write an IANA name such as America/New_York`},
		"a negative number":              {"tasks:\n  - {name: a, command: x, retries: -1}\n", `2:36: task "a": retries: -1 is negative`},
		"a negative duration":            {"tasks:\n  - {name: a, command: x, timeout: -1}\n", `2:36: task "a": timeout: -1s is negative`},
		"an unknown push destination":    {"tasks:\n  - {name: a, push_destination: moon}\n", `2:33: task "a": push_destination: unknown destination "moon"; known: none; a program adds them with AddPushWorker`},
		"a word for a number":            {"tasks:\n  - {name: a, command: x, retries: two}\n", `2:36: task "a": retries: "two" is not a whole number`},
		"a number that is too small":     {"tasks:\n  - {name: a, command: x, missed_limit: 0}\n", `2:41: task "a": missed_limit: 0 is less than 1`},
		"yes for true":                   {"tasks:\n  - {name: a, command: x, active: yes}\n", `2:35: task "a": active: "yes" is not true or false; write true`},
		"text for a list":                {"workflows:\n  - name: w\n    tasks:\n      - {name: a, command: x, depends_on: b}\n", `4:43: task "a": depends_on: "b" is not a list; write [a, b], or lines that begin with -`},
		"a list for text":                {"tasks:\n  - {name: a, command: [x, y]}\n", `2:24: task "a": command: a list is not text`},
		"a date that is none":            {"tasks:\n  - {name: a, command: x, end_date: someday}\n", `2:37: task "a": end_date: "someday" is not a date or time; write 2026-01-31, 2026-01-31 06:00 or 2026-01-31T06:00:00Z`},
		"a param that JSON has not":      {"tasks:\n  - {name: a, command: x, params: {f: .inf}}\n", `2:39: task "a": params: ".inf" is not a value that JSON has`},
		"no name":                        {"tasks:\n  - command: x\n", `2:5: task "": name: is missing`},
		"no command":                     {"tasks:\n  - name: a\n", `2:5: task "a": command: nothing to run; give the task a command`},
		"a task that is a word":          {"tasks:\n  - x\n", `2:5: tasks: "x" is not a mapping of fields to values`},
		"a list at the top":              {"- a\n", `1:1: a list is not a mapping with the keys workflows and tasks`},
		"nothing at all":                 {"# only a comment\n", `1:1: no definitions; write workflows: or tasks: with a list under it`},
		"no definitions":                 {"x-shared: {}\n", `1:1: no definitions; write workflows: or tasks: with a list under it`},
		"two documents":                  {"tasks: [{name: a, command: x}]\n---\ntasks: []\n", `2:1: a file holds one document; put the next one into a file of its own`},
		"an expression without quotes": {"tasks:\n  - name: a\n    schedule: * * * * *\n",
			`3:16: not YAML: did not find expected alphabetic or numeric character; a value that begins with * must be quoted`},
		"what is not YAML":              {"tasks: [\n", `2:1: not YAML: did not find expected node content`},
		"off for false":                 {"tasks:\n  - {name: a, command: x, active: off}\n", `2:35: task "a": active: "off" is not true or false; write false`},
		"true in quotes":                {"tasks:\n  - {name: a, command: x, active: 'true'}\n", `2:35: task "a": active: "true" is not true or false; write it without quotes`},
		"a number in quotes":            {"tasks:\n  - {name: a, command: x, retries: '3'}\n", `2:36: task "a": retries: "3" is not a whole number; write it without quotes`},
		"a fraction":                    {"tasks:\n  - {name: a, command: x, retries: 1.5}\n", `2:36: task "a": retries: "1.5" is not a whole number`},
		"a jitter that is no number":    {"tasks:\n  - {name: a, command: x, retry_jitter: .nan}\n", `2:41: task "a": retry_jitter: ".nan" is not a number`},
		"an octal number":               {"tasks:\n  - {name: a, command: x, retries: 010}\n", `2:36: task "a": retries: 010 can be read as more than one number or as text; quote it if it is text, else write it without leading 0 and _`},
		"a duration of ages":            {"tasks:\n  - {name: a, command: x, timeout: 1e30}\n", `2:36: task "a": timeout: "1e30" is longer than 10000 days`},
		"a duration of next to nothing": {"tasks:\n  - {name: a, command: x, timeout: 1e-30}\n", `2:36: task "a": timeout: "1e-30" is shorter than a millisecond`},
		"a duration that is a list":     {"tasks:\n  - {name: a, command: x, timeout: [1]}\n", `2:36: task "a": timeout: a list is not a duration; write seconds, or text such as 1h30m`},
		"a field without a value":       {"tasks:\n  - name: a\n    command: x\n    title:\n", `4:11: task "a": title: there is no value; write one, or remove the line`},
		"an item without a value":       {"tasks:\n  -\n  - {name: a, command: x}\n", `2:4: tasks: there is no value; write one, or remove the line`},
		"a variable without a value":    {"tasks:\n  - {name: a, command: x, env: {A: }}\n", `2:36: task "a": env: there is no value; write one, or remove the line`},
		"another program's tag":         {"tasks:\n  - {name: a, command: !include x.sh}\n", `2:24: task "a": command: the tag !include is not supported; write the value itself`},
		"a key that is no text":         {"tasks:\n  - {name: a, command: x, params: {1: x}}\n", `2:36: task "a": params: "1" is not text; a key must be, quote it if need be`},
		"a key that is a list":          {"tasks:\n  - {name: a, command: x, ? [b] : x}\n", `2:29: task "a": a list is not text; a key must be, quote it if need be`},
		"two merges":                    {"tasks:\n  - {name: a, command: x, <<: {}, <<: {}}\n", `2:35: task "a": << is there twice, the first in line 2; write <<: [*a, *b]`},
		"a merge of text":               {"tasks:\n  - {name: a, command: x, <<: b}\n", `2:31: task "a": "b" cannot be merged with <<; only mappings can`},
		"a name from an anchor":         {"x-n: &n a\ntasks:\n  - {name: *n, command: x, retries: -1}\n", `3:37: task "a": retries: -1 is negative`},
		"an anchor's fault, told once":  {"x-n: &n {retries: -1}\ntasks:\n  - {<<: *n, name: a, command: x}\n  - {<<: *n, name: b, command: x}\n", `1:19: task "a": retries: -1 is negative`},
		"another program's word":        {"tasks:\n  - {name: a, cron: x, command: x}\n", `2:15: task "a": unknown field "cron"; did you mean schedule?`},
		"a part of a word":              {"tasks:\n  - {name: a, priority: high, command: x}\n", `2:15: task "a": unknown field "priority"; did you mean default_priority?`},
		"a word like none":              {"tasks:\n  - {name: a, wibble: x, command: x}\n", `2:15: task "a": unknown field "wibble"`},
		"a misspelt name":               {"tasks:\n  - {nam: a, command: x}\n", `2:6: task "": unknown field "nam"; did you mean name?`},
		"a workflow without tasks":      {"workflows:\n  - name: w\n", `2:5: workflow "w": tasks: is missing`},
		"dependencies that are no list, with a condition": {"workflows:\n  - name: w\n    tasks:\n      - {name: a, command: x, depends_on: b, run_if: one_failed}\n",
			`4:43: task "a": depends_on: "b" is not a list; write [a, b], or lines that begin with -`},
		"a tab":                      {"tasks:\n\t- name: a\n", `2:1: not YAML: found character that cannot start any token; indent with spaces, not tabs`},
		"a shorthand without quotes": {"tasks:\n  - name: a\n    schedule: @daily\n", `3:15: not YAML: found character that cannot start any token; a value that begins with @ must be quoted`},
		"a colon without quotes":     {"tasks:\n  - name: a\n    title: a: b\n", `3:13: not YAML: mapping values are not allowed in this context; a value that contains a colon and a space must be quoted`},
		"a quote without an end":     {"tasks:\n  - name: 'a\n", `3:1: not YAML: found unexpected end of stream of what begins in line 2`},
		"another encoding":           {"tasks:\n  - name: \xff\n", `2:11: not YAML: not UTF-8 from here; save the file as UTF-8`},
		"nesting without end":        {"x: " + strings.Repeat("[", 20000), `1:10004: not YAML: exceeded max depth of 10000`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, got := read(t, c.text); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// flowOf is a workflow with a task a that depends on another.
func flowOf(on string) string {
	return "workflows:\n  - name: w\n    tasks:\n      - name: a\n        depends_on: [" + on + "]\n        command: x\n"
}

func TestFaultsOfFormAndMeaningComeTogetherInOrder(t *testing.T) {
	t.Parallel()
	_, got := read(t, "tasks:\n  - name: a b\n    retries: many\n    timeout: -1\n  - name: c\n    sla: -2\n    comand: x\n")
	var at []string
	for line := range strings.Lines(got) {
		place, _, _ := strings.Cut(line, ": ")
		at = append(at, place)
	}
	if want := "2:5 2:11 3:14 4:14 6:10 7:5"; strings.Join(at, " ") != want {
		t.Errorf("places %v, want %s\n%s", at, want, got)
	}
}

func TestAliasesCannotBlowUp(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("x-a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		n := string(rune('a' + i))
		before := string(rune('a' + i - 1))
		if i == 1 {
			before = "a0"
		}
		b.WriteString("x-" + n + ": &" + n + " [" + strings.TrimSuffix(strings.Repeat("*"+before+", ", 10), ", ") + "]\n")
	}
	b.WriteString("tasks:\n  - {name: t, command: x, params: {p: *l}}\n")
	began := time.Now()
	_, got := read(t, b.String())
	if !strings.Contains(got, "repeat too much") {
		t.Errorf("got %.300s after %s", got, time.Since(began))
	}
	if _, got := read(t, "tasks:\n  - {name: t, command: x, params: {p: &x [*x]}}\n"); !strings.Contains(got, "nested more than 100 deep") {
		t.Errorf("got %.300s", got)
	}
}
