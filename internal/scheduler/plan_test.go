package scheduler

import (
	"testing"
	"time"

	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/internal/store"
)

// at is a time of the test's day.
func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", "2026-03-02 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

// planned is the latest instance of a schedule.
func planned(status taskflow.Status, runAt, started, ended string) *store.Planned {
	p := &store.Planned{ID: 1, RunAt: at(runAt), Status: status}
	if started != "" {
		p.StartedAt = at(started)
	}
	if ended != "" {
		p.EndedAt = at(ended)
	}
	return p
}

func TestDecide(t *testing.T) {
	t.Parallel()
	type fires map[string]store.FireOutcome
	hourly := taskflow.Schedule{
		Cron: "0 * * * *", Timezone: "UTC", Missed: taskflow.MissedLatest, MissedLimit: 100, OnResume: taskflow.MissedNone,
	}
	with := func(edit func(*taskflow.Schedule)) taskflow.Schedule {
		s := hourly
		edit(&s)
		return s
	}
	missed := func(m taskflow.Missed) taskflow.Schedule {
		return with(func(s *taskflow.Schedule) { s.Missed = m })
	}
	const none = ""
	for name, c := range map[string]struct {
		p        store.Planning
		now      string
		queue    string
		fires    fires
		withdraw bool
		until    string
	}{
		"the first fire is the next after now": {
			p:   store.Planning{Schedule: hourly, Active: true, Concurrency: 1},
			now: "12:30", queue: "13:00", until: "13:00"},
		"an inactive schedule plans nothing": {
			p: store.Planning{Schedule: hourly, Concurrency: 1}, now: "12:30", queue: none},
		"what is planned stays planned": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 1, FiredUntil: at("13:00"),
				Latest: planned(taskflow.Queued, "13:00", "", "")},
			now: "12:30", queue: none, until: "13:00"},
		"an unfinished instance holds the next back at concurrency 1": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 1, FiredUntil: at("12:00"),
				Latest: planned(taskflow.Running, "12:00", "12:00", "")},
			now: "12:30", queue: none, until: "12:00"},
		"a retry is unfinished": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 1, FiredUntil: at("12:00"),
				Latest: planned(taskflow.Retry, "12:00", "12:00", "")},
			now: "12:30", queue: none, until: "12:00"},
		"with more room the next is planned once the latest has started": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 2, FiredUntil: at("12:00"),
				Latest: planned(taskflow.Running, "12:00", "12:00", "")},
			now: "12:30", queue: "13:00", until: "13:00"},
		"without a limit too": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 0, FiredUntil: at("12:00"),
				Latest: planned(taskflow.Running, "12:00", "12:00", "")},
			now: "12:30", queue: "13:00", until: "13:00"},
		"but not before": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 2, FiredUntil: at("12:00"),
				Latest: planned(taskflow.Queued, "12:00", "", "")},
			now: "12:30", queue: none, until: "12:00"},
		"after the end the next fire is planned": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 1, FiredUntil: at("12:00"),
				Latest: planned(taskflow.Success, "12:00", "12:00", "12:10")},
			now: "12:30", queue: "13:00", until: "13:00"},
		"a dequeued one counts as ended": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 1, FiredUntil: at("12:00"),
				Latest: planned(taskflow.Dequeued, "12:00", "", "12:10")},
			now: "12:30", queue: "13:00", until: "13:00"},
		"missed latest runs the most recent one": {
			p: store.Planning{Schedule: missed(taskflow.MissedLatest), Active: true, Concurrency: 1, FiredUntil: at("08:00"),
				Latest: planned(taskflow.Success, "08:00", "08:00", "08:10")},
			now: "11:30", queue: "11:00", until: "11:00",
			fires: fires{"09:00": store.FireCoalesced, "10:00": store.FireCoalesced}},
		"missed none skips to the future": {
			p: store.Planning{Schedule: missed(taskflow.MissedNone), Active: true, Concurrency: 1, FiredUntil: at("08:00"),
				Latest: planned(taskflow.Success, "08:00", "08:00", "08:10")},
			now: "10:30", queue: "11:00", until: "11:00",
			fires: fires{"09:00": store.FireSkipped, "10:00": store.FireSkipped}},
		"missed all runs the first of them": {
			p: store.Planning{Schedule: missed(taskflow.MissedAll), Active: true, Concurrency: 1, FiredUntil: at("08:00"),
				Latest: planned(taskflow.Success, "08:00", "08:00", "08:10")},
			now: "11:30", queue: "09:00", until: "09:00"},
		"missed all makes up for no more than its limit": {
			p: store.Planning{Schedule: with(func(s *taskflow.Schedule) { s.Missed, s.MissedLimit = taskflow.MissedAll, 2 }),
				Active: true, Concurrency: 1, FiredUntil: at("07:00"),
				Latest: planned(taskflow.Success, "07:00", "07:00", "07:10")},
			now: "11:30", queue: "10:00", until: "10:00",
			fires: fires{"08:00": store.FireSkipped, "09:00": store.FireSkipped}},
		"fires that a long run overlapped are told apart": {
			p: store.Planning{Schedule: missed(taskflow.MissedLatest), Active: true, Concurrency: 1, FiredUntil: at("08:00"),
				Latest: planned(taskflow.Success, "08:00", "08:00", "09:30")},
			now: "11:30", queue: "11:00", until: "11:00",
			fires: fires{"09:00": store.FireOverlapped, "10:00": store.FireCoalesced}},
		"the most recent one runs even if it was overlapped": {
			p: store.Planning{Schedule: missed(taskflow.MissedLatest), Active: true, Concurrency: 1, FiredUntil: at("08:00"),
				Latest: planned(taskflow.Success, "08:00", "08:00", "10:30")},
			now: "10:30", queue: "10:00", until: "10:00",
			fires: fires{"09:00": store.FireOverlapped}},
		"deactivating takes the planned instance out": {
			p: store.Planning{Schedule: hourly, Concurrency: 1, FiredUntil: at("13:00"),
				Latest: planned(taskflow.Queued, "13:00", "", "")},
			now: "12:30", queue: none, withdraw: true, until: "12:30"},
		"activating runs nothing of the time between": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 1, FiredUntil: at("08:30"), Pauses: []store.Span{{From: at("08:30"), Until: at("11:15")}},
				Latest: planned(taskflow.Dequeued, "09:00", "", "08:30")},
			now: "11:30", queue: "12:00", until: "12:00",
			fires: fires{"09:00": store.FireSkipped, "10:00": store.FireSkipped, "11:00": store.FireSkipped}},
		"unless on_resume says so": {
			p: store.Planning{Schedule: with(func(s *taskflow.Schedule) { s.OnResume = taskflow.MissedLatest }),
				Active: true, Concurrency: 1, FiredUntil: at("08:30"), Pauses: []store.Span{{From: at("08:30"), Until: at("11:15")}},
				Latest: planned(taskflow.Dequeued, "09:00", "", "08:30")},
			now: "10:30", queue: "10:00", until: "10:00", fires: fires{"09:00": store.FireCoalesced}},
		"what was missed before the pause is decided by missed": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 1, FiredUntil: at("07:30"), Pauses: []store.Span{{From: at("09:30"), Until: at("11:15")}},
				Latest: planned(taskflow.Success, "07:00", "07:00", "07:10")},
			now: "11:30", queue: "09:00", until: "09:00", fires: fires{"08:00": store.FireCoalesced}},
		"a changed schedule moves the planned instance at once": {
			p: store.Planning{Schedule: with(func(s *taskflow.Schedule) { s.Cron = "45 * * * *" }), Was: &hourly,
				Active: true, Concurrency: 1, FiredUntil: at("13:00"), Latest: planned(taskflow.Queued, "13:00", "", "")},
			now: "12:30", queue: "12:45", withdraw: true, until: "12:45"},
		"but leaves alone what is due": {
			p: store.Planning{Schedule: with(func(s *taskflow.Schedule) { s.Cron = "45 * * * *" }), Was: &hourly,
				Active: true, Concurrency: 1, FiredUntil: at("12:00"), Latest: planned(taskflow.Queued, "12:00", "", "")},
			now: "12:30", queue: none, until: "12:30"},
		"no fire of a changed schedule was missed": {
			p: store.Planning{Schedule: with(func(s *taskflow.Schedule) { s.Cron = "45 * * * *" }), Was: &hourly,
				Active: true, Concurrency: 1, FiredUntil: at("08:00"), Latest: planned(taskflow.Success, "08:00", "08:00", "08:10")},
			now: "10:30", queue: "10:45", until: "10:45",
			fires: fires{"09:00": store.FireSkipped, "10:00": store.FireSkipped}},
		"fires of several pauses are decided by on_resume": {
			p: store.Planning{Schedule: missed(taskflow.MissedAll), Active: true, Concurrency: 1, FiredUntil: at("08:00"),
				Latest: planned(taskflow.Success, "08:00", "08:00", "13:55"), Pauses: []store.Span{
					{From: at("08:30"), Until: at("10:30")}, {From: at("11:30"), Until: at("12:10")}}},
			now: "13:55", queue: "11:00", until: "11:00",
			fires: fires{"09:00": store.FireOverlapped, "10:00": store.FireOverlapped}},
		"a change during a pause is not forgotten": {
			p: store.Planning{Schedule: with(func(s *taskflow.Schedule) { s.Cron = "45 * * * *" }), Was: &hourly,
				Concurrency: 1, FiredUntil: at("12:00"), Pauses: []store.Span{{From: at("12:10")}}},
			now: "12:30", queue: none, until: "12:30"},
		"nothing fires before the start": {
			p: store.Planning{Schedule: with(func(s *taskflow.Schedule) { s.Start = at("18:00") }),
				Active: true, Concurrency: 1},
			now: "12:30", queue: "18:00", until: "18:00"},
		"nor after the end": {
			p: store.Planning{Schedule: with(func(s *taskflow.Schedule) { s.End = at("12:45") }),
				Active: true, Concurrency: 1},
			now: "12:30", queue: none, until: "12:30"},
		"missed fires outside the bounds are recorded as such": {
			p: store.Planning{Schedule: with(func(s *taskflow.Schedule) { s.End = at("09:30") }),
				Active: true, Concurrency: 1, FiredUntil: at("08:00"), Latest: planned(taskflow.Success, "08:00", "08:00", "08:10")},
			now: "10:30", queue: "09:00", until: "09:00"},
		"a clock set back fires nothing again": {
			p: store.Planning{Schedule: hourly, Active: true, Concurrency: 1, FiredUntil: at("12:00"),
				Latest: planned(taskflow.Success, "12:00", "12:00", "12:10")},
			now: "10:30", queue: "13:00", until: "13:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expr, err := c.p.Schedule.Parse()
			if err != nil {
				t.Fatal(err)
			}
			was, err := hourly.Parse()
			if err != nil {
				t.Fatal(err)
			}
			plan := decide(c.p, expr, was, at(c.now))
			if got := clock(plan.Queue); got != c.queue {
				t.Errorf("queued %q, want %q", got, c.queue)
			}
			if c.until != "" && clock(plan.FiredUntil) != c.until {
				t.Errorf("fired until %s, want %s", clock(plan.FiredUntil), c.until)
			}
			if got := plan.Withdraw != ""; got != c.withdraw {
				t.Errorf("withdrawal %q", plan.Withdraw)
			}
			if len(plan.Fires) != len(c.fires) {
				t.Errorf("fires %v, want %v", plan.Fires, c.fires)
			}
			for _, f := range plan.Fires {
				if c.fires[clock(f.At)] != f.Outcome {
					t.Errorf("fire at %s: %s, want %s", clock(f.At), f.Outcome, c.fires[clock(f.At)])
				}
			}
		})
	}
}

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("15:04")
}

// However a schedule is interrupted, following its plans accounts for every
// fire exactly once, in order.
func TestPlansAccountForEveryFireOnce(t *testing.T) {
	t.Parallel()
	for _, policy := range []taskflow.Missed{taskflow.MissedLatest, taskflow.MissedAll, taskflow.MissedNone} {
		s := taskflow.Schedule{Cron: "* * * * *", Timezone: "UTC", Missed: policy, MissedLimit: 7, OnResume: taskflow.MissedNone}
		expr, err := s.Parse()
		if err != nil {
			t.Fatal(err)
		}
		p := store.Planning{Schedule: s, Active: true, Concurrency: 1}
		now := at("00:00")
		seen := map[time.Time]bool{}
		last := now
		note := func(fire time.Time) {
			if seen[fire] || !fire.After(last) {
				t.Fatalf("%s: fire at %s again, or out of order", policy, fire)
			}
			seen[fire], last = true, fire
		}
		// The lengths of runs and pauses are a fixed, odd mixture; some outlast a chunk.
		for i := range 200 {
			for {
				plan := decide(p, expr, nil, now)
				for _, f := range plan.Fires {
					note(f.At)
				}
				p.FiredUntil = plan.FiredUntil
				if !plan.Queue.IsZero() {
					note(plan.Queue)
					p.Latest = &store.Planned{ID: int64(i), RunAt: plan.Queue, Status: taskflow.Success}
					now = later(now, plan.Queue)
					p.Latest.StartedAt = now
				}
				if !plan.Unfinished {
					break
				}
			}
			now = now.Add(time.Duration((i*i*37)%1000) * time.Minute / 3)
			if i%50 == 49 {
				now = now.Add(30 * time.Hour)
			}
			p.Latest.EndedAt = now
		}
		for fire := at("00:01"); !fire.After(last); fire = fire.Add(time.Minute) {
			if !seen[fire] {
				t.Fatalf("%s: the fire at %s is unaccounted for", policy, fire)
			}
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
