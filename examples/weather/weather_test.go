//go:build unix

package weather_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// outcome is what `taskflow run --json` prints.
type outcome struct {
	Status    string `json:"status"`
	Instances []struct {
		Task   string          `json:"task_name"`
		ID     int             `json:"id"`
		Status string          `json:"status"`
		Result json.RawMessage `json:"result"`
	} `json:"task_instances"`
}

// example is a copy of the example, and a taskflow to run it with.
type example struct {
	t        *testing.T
	taskflow string
	dir      string
}

// newExample copies the example to a folder within the module, so that
// `go build ./steps` finds its dependencies there. The tools of Go overlook
// folders whose name starts with an underscore.
func newExample(t *testing.T) *example {
	t.Helper()
	e := &example{t: t, taskflow: filepath.Join(t.TempDir(), "taskflow")}
	if out, err := exec.Command("go", "build", "-o", e.taskflow, "../../cmd/taskflow").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	err := os.MkdirAll("out", 0o755)
	if err == nil {
		e.dir, err = os.MkdirTemp("out", "_test-")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(e.dir) })
	if err := os.CopyFS(filepath.Join(e.dir, "steps"), os.DirFS("steps")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"weather.yaml", "seattle-weather.csv"} {
		e.write(name, readFile(t, name))
	}
	return e
}

// command runs taskflow and returns what it prints.
func (e *example) command(args ...string) (string, error) {
	cmd := exec.Command(e.taskflow, append(args, "--taskflow", e.dir, "--database-url", filepath.Join(e.dir, "taskflow.db"))...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		e.t.Fatalf("%v\n%s", err, &stderr)
	}
	return string(out), err
}

// run runs the workflow over the file of that name.
func (e *example) run(input string) outcome {
	e.t.Helper()
	out, err := e.command("run", "weather", "--json", "--params", fmt.Sprintf(`{"input": %q}`, input))
	var o outcome
	if jsonErr := json.Unmarshal([]byte(out), &o); jsonErr != nil {
		e.t.Fatalf("%v in: %s", jsonErr, out)
	}
	if (err == nil) != (o.Status == "success") {
		e.t.Errorf("the run is %q and its exit says %v", o.Status, err)
	}
	return o
}

// statuses lists how the tasks ended, by name.
func (o outcome) statuses() map[string]string {
	statuses := map[string]string{}
	for _, ti := range o.Instances {
		statuses[ti.Task] = ti.Status
	}
	return statuses
}

// result decodes the result of a task.
func (o outcome) result(t *testing.T, task string, into any) {
	t.Helper()
	for _, ti := range o.Instances {
		if ti.Task == task {
			if err := json.Unmarshal(ti.Result, into); err != nil {
				t.Fatalf("result of %s: %v", task, err)
			}
			return
		}
	}
	t.Fatalf("there is no task %s", task)
}

func (e *example) write(name, text string) {
	e.t.Helper()
	if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o644); err != nil {
		e.t.Fatal(err)
	}
}

func (e *example) read(name string) string { return readFile(e.t, filepath.Join(e.dir, name)) }

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWeather(t *testing.T) {
	t.Parallel()
	e := newExample(t)
	o := e.run("seattle-weather.csv")
	for task, status := range o.statuses() {
		want := "success"
		if task == "explain_failure" {
			want = "skipped"
		}
		if status != want {
			t.Errorf("%s is %s", task, status)
		}
	}
	if len(o.Instances) != 8 {
		t.Errorf("it has %d tasks", len(o.Instances))
	}
	days := parse(t, readFile(t, "seattle-weather.csv"))
	t.Run("loads every day", func(t *testing.T) { checkLoad(t, o) })
	t.Run("means by month are right", func(t *testing.T) { checkMonths(t, o, days) })
	t.Run("extremes are right", func(t *testing.T) { checkExtremes(t, o, days) })
	t.Run("rain by weekday is right", func(t *testing.T) { checkWeekdays(t, o, days) })
	t.Run("the report shows them", func(t *testing.T) {
		report := e.read("out/report.md")
		for _, line := range []string{
			"1461 days, from 2012-01-01 to 2015-12-31.",
			"![Mean temperature and precipitation by month](monthly.svg)",
			"| July | 20.1 | 26.0 | 14.2 | 12.1 |",
			"| November | 7.9 | 11.0 | 4.7 | 160.6 |",
			"| 2015-03-15 | 55.9 | rain |",
			"| 2014-08-11 | 35.6 | rain |",
			"| Friday | 97 | 208 | 47 % | 665.3 |",
		} {
			if !strings.Contains(report, line+"\n") {
				t.Errorf("it lacks %q", line)
			}
		}
	})
	t.Run("the chart is an SVG with a bar and a dot for each month", func(t *testing.T) {
		elements := map[string]int{}
		dec := xml.NewDecoder(strings.NewReader(e.read("out/monthly.svg")))
		for {
			token, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if start, ok := token.(xml.StartElement); ok {
				elements[start.Name.Local]++
			}
		}
		if elements["svg"] != 1 || elements["circle"] != 12 || elements["rect"] != 12+3 {
			t.Errorf("it has %v", elements)
		}
	})
	t.Run("running again makes the same", func(t *testing.T) {
		before := e.read("out/report.md") + e.read("out/monthly.svg")
		if again := e.run("seattle-weather.csv"); again.Status != "success" {
			t.Errorf("it is %s", again.Status)
		}
		if e.read("out/report.md")+e.read("out/monthly.svg") != before {
			t.Error("it differs")
		}
	})
}

func TestMalformedInput(t *testing.T) {
	t.Parallel()
	e := newExample(t)
	if o := e.run("seattle-weather.csv"); o.Status != "success" {
		t.Fatalf("the first run is %s", o.Status)
	}
	good := e.read("out/report.md") + e.read("out/monthly.svg") + e.read("out/weather.db")
	const third = "2012-01-03,0.8,11.7,7.2,2.3,rain\n"
	data := readFile(t, "seattle-weather.csv")
	tests := map[string]struct{ from, to, want string }{
		"a missing column":      {"temp_max,temp_min,", "temp_max,", `line 1, column temp_min: the file has "wind" in its place`},
		"a column too many":     {"weather\n", "weather,mood\n", "line 1, column mood: there should be none"},
		"a truncated row":       {third, "2012-01-03,0.8,11.7\n", "line 4, column temp_min: the row ends before it"},
		"a row too long":        {third, "2012-01-03,0.8,11.7,7.2,2.3,rain,7\n", "line 4, column weather: the row goes on"},
		"a bad number":          {third, "2012-01-03,0.8,warm,7.2,2.3,rain\n", `line 4, column temp_max: "warm" is not a number`},
		"a number that is none": {third, "2012-01-03,NaN,11.7,7.2,2.3,rain\n", `line 4, column precipitation: "NaN" is not a number`},
		"a date that is none":   {third, "2012-01-32,0.8,11.7,7.2,2.3,rain\n", `line 4, column date: "2012-01-32" is not a date`},
		"a missing day":         {third, "", "line 4, column date: 2012-01-04, where 2012-01-03 should follow"},
		"a missing last day":    {"2015-12-31,0.0,5.6,-2.1,3.5,sun\n", "", "1460 rows, not 1461 as expected"},
		"a quote in a word":     {third, `2012-01-03,0.8,11.7,7.2,2.3,ra"in` + "\n", `line 4, column 31: bare "`},
		"nothing":               {data, "", "has no days in it"},
	}
	for name, test := range tests {
		t.Run(name+" fails cleanly", func(t *testing.T) {
			if !strings.Contains(data, test.from) {
				t.Fatalf("the file has no %q", test.from)
			}
			e.write("bad.csv", strings.Replace(data, test.from, test.to, 1))
			o := e.run("bad.csv")
			want := map[string]string{
				"build_steps": "success", "check_input": "failed", "explain_failure": "success", "load": "skipped",
				"monthly_means": "skipped", "extremes": "skipped", "rain_by_weekday": "skipped", "report": "skipped",
			}
			if got := o.statuses(); o.Status != "failed" || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("it is %s with %v", o.Status, got)
			}
			for _, ti := range o.Instances {
				if ti.Task != "check_input" {
					continue
				}
				log, _ := e.command("logs", fmt.Sprint(ti.ID))
				if !strings.Contains(log, "bad.csv") || !strings.Contains(log, test.want) {
					t.Errorf("its log does not say %q:\n%s", test.want, log)
				}
			}
		})
	}
	if e.read("out/report.md")+e.read("out/monthly.svg")+e.read("out/weather.db") != good {
		t.Error("a failed run has changed the last report")
	}
}
