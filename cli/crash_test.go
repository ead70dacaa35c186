package cli_test

import (
	"database/sql"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cli"
)

// The test binary is also the program under test: with this variable set it is
// Taskflow's command line.
const asProgram = "TASKFLOW_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		cli.Main(taskflow.New())
	}
	os.Exit(m.Run())
}

// start starts the program as a process of its own.
func (d desk) start(args ...string) *exec.Cmd {
	d.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = d.dir
	cmd.Env = append(os.Environ(), asProgram+"=1", "TASKFLOW_DATABASE_URL="+d.path("test.db"))
	log, err := os.OpenFile(d.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() {
		if d.Failed() {
			text, _ := os.ReadFile(d.path("log"))
			d.Logf("the program's log:\n%s", text)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// underWay runs a program until a task of it runs.
func (d desk) underWay(args ...string) (*exec.Cmd, *sql.DB) {
	d.Helper()
	d.ok("init_db")
	db := d.db()
	cmd := d.start(args...)
	d.until("a task runs", func() bool {
		return one[int](d, db, `SELECT COUNT(*) FROM task_instances WHERE status = 'running'`) == 1
	})
	return cmd, db
}

// end sends a signal to a program and returns its exit status, -1 if the
// signal killed it.
func (d desk) end(cmd *exec.Cmd, s os.Signal) int {
	d.Helper()
	if err := cmd.Process.Signal(s); err != nil {
		d.Fatal(err)
	}
	_ = cmd.Wait() // tells the same as the exit status
	return cmd.ProcessState.ExitCode()
}

// db opens the database as any other program would.
func (d desk) db() *sql.DB {
	d.Helper()
	db, err := sql.Open("sqlite3", "file:"+d.path("test.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = db.Close() })
	return db
}

// one reads one value.
func one[T any](d desk, db *sql.DB, query string) (value T) {
	d.Helper()
	if err := db.QueryRow(query).Scan(&value); err != nil {
		d.Fatalf("%s: %v", query, err)
	}
	return value
}

// until waits for a condition in the database to hold.
func (d desk) until(what string, holds func() bool) {
	d.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.Fatalf("it does not come to this: %s", what)
		}
	}
}

// Every second a workflow fires whose tasks write down each run of theirs, and
// a task with a schedule of its own. However serve is killed and started again,
// no fire happens twice, nothing is lost, and no instance has two results.
func TestKillingServeAtAnyMomentLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `
workflows:
  - name: w
    active: true
    schedule: "* * * * * *"
    concurrency: 0
    missed: all
    tasks:
      - {name: a, concurrency: 0, retries: 9, retry_delay: 0, command: 'echo "$TASKFLOW_TASK_INSTANCE_ID" > "$TASKFLOW_RESULT"'}
      - {name: b, concurrency: 0, retries: 9, retry_delay: 0, command: sleep 0.05, depends_on: [a]}
      - {name: c, concurrency: 0, retries: 9, retry_delay: 0, command: 'echo "$TASKFLOW_RESULT_A" > "$TASKFLOW_RESULT"', depends_on: [a, b]}
tasks:
  - {name: s, active: true, schedule: "* * * * * *", missed: all, retries: 9, retry_delay: 0, command: sleep 0.02}
`)
	d.ok("init_db")
	db := d.db()
	const rounds = 10
	for range rounds {
		serve := d.start("serve", "--lost-after", "1s")
		before := one[int](d, db, `SELECT COUNT(*) FROM task_instances WHERE status = 'success'`)
		d.until("some work is done", func() bool {
			return one[int](d, db, `SELECT COUNT(*) FROM task_instances WHERE status = 'success'`) > before
		})
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond) // the moment is what varies
		d.end(serve, os.Kill)
	}
	// No further fires; what is under way must come to its end.
	if _, err := db.Exec(`UPDATE workflows SET active = 0; UPDATE tasks SET active = 0 WHERE name = 's'`); err != nil {
		t.Fatal(err)
	}
	serve := d.start("serve", "--lost-after", "1s")
	d.until("everything has ended", func() bool {
		return one[int](d, db, `
			SELECT (SELECT COUNT(*) FROM task_instances WHERE status IN ('queued', 'running', 'retry'))
			     + (SELECT COUNT(*) FROM workflow_instances WHERE status IN ('queued', 'running'))`) == 0
	})
	if code := d.end(serve, syscall.SIGTERM); code != 0 {
		t.Errorf("serve ended with exit status %d", code)
	}

	for what, query := range map[string]string{
		"fires with two instances": `
			SELECT COUNT(*) FROM (SELECT 1 FROM workflow_instances GROUP BY run_at HAVING COUNT(*) > 1
			UNION ALL SELECT 1 FROM task_instances WHERE task_name = 's' GROUP BY run_at HAVING COUNT(*) > 1)`,
		"scheduled instances without a fire": `
			SELECT COUNT(*) FROM task_instances AS i WHERE task_name = 's' AND NOT EXISTS (
				SELECT 1 FROM schedule_fires WHERE kind = 'task' AND instance_id = i.id)
				AND status <> 'dequeued'`,
		"seconds without a fire": `
			WITH span AS (SELECT MIN(fire_at) AS first, MAX(fire_at) AS last, COUNT(*) AS n FROM schedule_fires WHERE kind = 'workflow')
			SELECT strftime('%s', last) - strftime('%s', first) + 1 - n FROM span`,
		"runs that did not succeed": `
			SELECT COUNT(*) FROM workflow_instances WHERE status NOT IN ('success', 'dequeued')`,
		"runs without all of their tasks": `
			SELECT COUNT(*) FROM workflow_instances AS w WHERE status = 'success' AND 3 <> (
				SELECT COUNT(*) FROM task_instances WHERE workflow_instance_id = w.id AND status = 'success')`,
		"results that went astray": `
			SELECT COUNT(*) FROM task_instances AS c JOIN task_instances AS a
				ON a.workflow_instance_id = c.workflow_instance_id AND a.task_name = 'a' AND c.task_name = 'c'
			WHERE c.result <> a.result OR a.result <> CAST(a.id AS TEXT)`,
		"attempts with two outcomes": `
			SELECT COUNT(*) FROM (SELECT 1 FROM task_attempts GROUP BY task_instance_id, attempt HAVING COUNT(*) > 1)`,
		"workers left over": `SELECT COUNT(*) FROM workers`,
	} {
		if n := one[int](d, db, query); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	if n := one[int](d, db, `SELECT COUNT(*) FROM workflow_instances WHERE status = 'success'`); n < rounds {
		t.Errorf("only %d runs in %d rounds", n, rounds)
	}
	if lost := one[int](d, db, `SELECT COUNT(*) FROM taskflow_events WHERE event = 'worker lost'`); lost == 0 {
		t.Log("no kill hit a running task this time")
	}
}

func TestTerminatingServeGivesItsWorkBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "tasks: [{name: long, command: sleep 100}]\n")
	d.ok("queue_task", "long")
	db := d.db()
	serve := d.start("serve", "--drain", "10ms")
	d.until("it runs", func() bool { return one[string](d, db, `SELECT status FROM task_instances`) == "running" })
	if code := d.end(serve, syscall.SIGTERM); code != 0 {
		t.Errorf("serve ended with exit status %d", code)
	}
	got := one[string](d, db, `SELECT status || ' ' || attempts FROM task_instances`)
	if got != "queued 0" {
		t.Errorf("the instance is %s", got)
	}
	if n := one[int](d, db, `SELECT COUNT(*) FROM leases WHERE expires_at > strftime('%Y-%m-%d %H:%M:%f', 'now')`); n != 0 {
		t.Error("the leadership was not given up")
	}
}

func TestAnInterruptedRunIsCancelled(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "workflows: [{name: w, tasks: [{name: long, command: sleep 100}, {name: next, command: 'true', depends_on: [long]}]}]\n")
	run, db := d.underWay("run", "w")
	if code := d.end(run, os.Interrupt); code != 130 {
		t.Errorf("exit status %d", code)
	}
	if got := one[string](d, db, `SELECT status FROM workflow_instances`); got != "dequeued" {
		t.Errorf("the run is %s", got)
	}
	if n := one[int](d, db, `SELECT COUNT(*) FROM task_instances WHERE status <> 'dequeued'`); n != 0 {
		t.Errorf("%d tasks are not dequeued", n)
	}
}

func TestAPlainInsertQueuesATaskThatStartsAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "tasks: [{name: x, command: echo hi, retries: 4, timeout: 60}]\n")
	d.ok("init_db")
	db := d.db()
	serve := d.start("serve")
	d.until("it is defined", func() bool { return one[int](d, db, `SELECT COUNT(*) FROM tasks`) == 1 })
	if _, err := db.Exec(`INSERT INTO task_instances (task_name) VALUES ('x')`); err != nil {
		t.Fatal(err)
	}
	d.until("it has run", func() bool {
		return one[int](d, db, `SELECT COUNT(*) FROM task_instances WHERE status = 'success'`) == 1
	})
	got := one[string](d, db, `SELECT max_attempts || ' ' || timeout || ' ' || priority FROM task_instances`)
	if got != "5 60.0 normal" {
		t.Errorf("it was queued with %s", got)
	}
	if _, err := db.Exec(`INSERT INTO task_instances (task_name, run_at) VALUES ('x', '2026-01-01T00:00:00Z')`); err == nil || !strings.Contains(err.Error(), "run_at is UTC as") {
		t.Errorf("a time in another form: %v", err)
	}
	d.end(serve, syscall.SIGTERM)
}

// A run that was killed is resumed by the next one, which then has its turn.
func TestARunAfterAKilledRunWorksBothOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "workflows: [{name: w, tasks: [{name: a, command: 'test -e go || sleep 100', retries: 1, retry_delay: 0}]}]\n")
	first, db := d.underWay("run", "w")
	d.end(first, os.Kill)
	d.write("go", "")
	second := d.start("run", "w", "--lost-after", "1s")
	if err := second.Wait(); err != nil {
		t.Errorf("the second run ended with %v", err)
	}
	if got := one[string](d, db, `SELECT GROUP_CONCAT(status) FROM workflow_instances`); got != "success,success" {
		t.Errorf("the runs are %s", got)
	}
}

func TestARunLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "workflows: [{name: w, concurrency: 0, tasks: [{name: a, concurrency: 0, command: echo hi}]}]\n")
	d.ok("queue_workflow", "w")
	d.ok("run", "w")
	d.ok("scheduler", "-n", "1")
	if got := one[string](d, d.db(), `SELECT GROUP_CONCAT(status) FROM (SELECT status FROM task_instances ORDER BY workflow_instance_id)`); got != "queued,success" {
		t.Errorf("the tasks are %s", got)
	}
}

func TestAClosedTerminalCancelsTheRun(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "workflows: [{name: w, tasks: [{name: long, command: sleep 100}]}]\n")
	run, db := d.underWay("run", "w")
	d.end(run, syscall.SIGHUP)
	if got := one[string](d, db, `SELECT status FROM workflow_instances`); got != "dequeued" {
		t.Errorf("the run is %s", got)
	}
}

func TestASecondInterruptEndsTheRunToo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "workflows: [{name: w, tasks: [{name: deaf, command: 'trap \"\" TERM; echo ready; sleep 3'}]}]\n")
	d.ok("init_db")
	db := d.db()
	run := d.start("run", "w")
	d.until("it has set its trap", func() bool { return one[int](d, db, `SELECT COUNT(*) FROM task_logs`) == 1 })
	for range 2 {
		if err := run.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		d.until("it is noticed", func() bool {
			return one[int](d, db, `SELECT COUNT(*) FROM workflow_instances WHERE cancel_requested_at IS NOT NULL`) == 1
		})
	}
	_ = run.Wait()
	if got := one[string](d, db, `SELECT status FROM workflow_instances`); got != "dequeued" || run.ProcessState.ExitCode() != 130 {
		t.Errorf("the run is %s, exit status %d", got, run.ProcessState.ExitCode())
	}
}

// A supervisor starts a killed worker again under the same name; what the
// dead one held is given back all the same.
func TestAWorkerThatIsStartedAgainDoesNotPassForTheDeadOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "tasks: [{name: a, retries: 1, retry_delay: 0, command: 'test -e go || sleep 100'}]\n")
	d.ok("queue_task", "a")
	db := d.db()
	first := d.start("serve", "--worker-id", "w1", "--lost-after", "1s")
	d.until("it runs", func() bool { return one[string](d, db, `SELECT status FROM task_instances`) == "running" })
	d.end(first, os.Kill)
	d.write("go", "")
	second := d.start("serve", "--worker-id", "w1", "--lost-after", "1s")
	d.until("it has run again", func() bool { return one[string](d, db, `SELECT status FROM task_instances`) == "success" })
	d.end(second, syscall.SIGTERM)
}

// What plain SQL can get wrong is refused, so that it harms nobody.
func TestPlainSQLCannotWriteWhatNobodyCanRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "tasks: [{name: x, command: echo hi}]\nworkflows: [{name: w, tasks: [{name: a, command: echo hi}]}]\n")
	d.ok("scheduler", "-n", "1")
	db := d.db()
	for _, values := range []string{
		`task_instances (task_name) VALUES ('nope')`,
		`task_instances (task_name, params) VALUES ('x', '[1]')`,
		`task_instances (task_name, params) VALUES ('x', '"x"')`,
		`task_instances (task_name, params) VALUES ('x', 'x')`,
		`task_instances (task_name, run_at) VALUES ('x', '2026-02-30 00:00:00.000000')`,
		`task_instances (task_name, run_at) VALUES ('x', '2026-00-45 99:99:99.000000')`,
		`task_instances (task_name, run_at) VALUES ('x', 'soon')`,
		`task_instances (task_name, timeout) VALUES ('x', 1e300)`,
		`task_instances (task_name, priority) VALUES ('x', 'urgent')`,
		`workflow_instances (workflow_name, params) VALUES ('w', '[1]')`,
		`workflow_instances (workflow_name, run_at) VALUES ('w', '9999-99-99 00:00:00.000000')`,
	} {
		if _, err := db.Exec(`INSERT INTO ` + values); err == nil {
			t.Errorf("it takes %s", values)
		}
	}
	for _, values := range []string{
		`task_instances (task_name, params) VALUES ('x', '{"a": 1}')`,
		`task_instances (task_name, run_at) VALUES ('x', '2026-12-31 23:59:59.999999')`,
		`workflow_instances (workflow_name, params) VALUES ('w', '{}')`,
	} {
		if _, err := db.Exec(`INSERT INTO ` + values); err != nil {
			t.Errorf("%s: %v", values, err)
		}
	}
}
