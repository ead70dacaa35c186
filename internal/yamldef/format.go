// Package yamldef reads definitions of tasks and workflows from YAML.
//
// It walks the YAML itself rather than decode it, so that every fault of every
// file is reported at once with its line and column: faults of form, which it
// finds, and faults of meaning, which package taskflow finds and this one
// locates. The types in this file are the format; the JSON Schema for editors
// is made from them.
package yamldef

import "time"

// file is the top level of a file of definitions.
type file struct {
	Workflows []*workflow `yaml:"workflows" doc:"Graphs of tasks that run as one."`
	Tasks     []*task     `yaml:"tasks" doc:"Tasks that stand alone."`
}

// common is what tasks and workflows share.
type common struct {
	Name            string   `yaml:"name" doc:"Unique among its kind; task names are unique across all workflows." pattern:"^[A-Za-z0-9_.-]{1,128}$" required:"true"`
	Active          bool     `yaml:"active" doc:"Scheduled only while true. Used when the name first meets the database; afterwards the database's value wins." default:"false"`
	Title           string   `yaml:"title" doc:"A title for people."`
	Description     string   `yaml:"description" doc:"A description for people."`
	Concurrency     *int     `yaml:"concurrency" doc:"How many instances may run at once; 0 is unlimited." min:"0" default:"1"`
	SLA             duration `yaml:"sla" doc:"How long after its time a scheduled instance should have started."`
	Schedule        string   `yaml:"schedule" doc:"A cron expression: minute, hour, day of month, month, day of week, with seconds in front if there are six fields; or @hourly, @daily, @weekly, @monthly, @yearly."`
	Timezone        string   `yaml:"timezone" doc:"The IANA time zone of the schedule." default:"UTC"`
	Missed          string   `yaml:"missed" doc:"What happens to fires missed while no scheduler ran, or overlapped by a long run: run the latest, run all in order, or none." enum:"latest,all,none" default:"latest"`
	MissedLimit     *int     `yaml:"missed_limit" doc:"How many missed fires 'all' makes up for." min:"1" default:"100"`
	OnResume        string   `yaml:"on_resume" doc:"The same choice for fires that fell into a time when it was inactive." enum:"latest,all,none" default:"none"`
	DSTGap          string   `yaml:"dst_gap" doc:"What a fixed local time does that does not exist: fire after the gap, or skip." enum:"after,skip" default:"after"`
	DSTOverlap      string   `yaml:"dst_overlap" doc:"When a fixed local time fires that occurs twice." enum:"first,last,both" default:"first"`
	DefaultPriority string   `yaml:"default_priority" doc:"The priority of instances that name none; a task of a workflow takes its run's." enum:"critical,high,normal,low" default:"normal"`
	StartDate       date     `yaml:"start_date" doc:"No fire before this date (from its first moment) or time, in the schedule's zone."`
	EndDate         date     `yaml:"end_date" doc:"No fire after this date (to its last moment) or time, in the schedule's zone."`
}

// workflow is a graph of tasks.
type workflow struct {
	common
	OnFailure string  `yaml:"on_failure" doc:"What a failed task does to its run: stop what waits, or continue with what does not need it." enum:"stop,continue" default:"stop"`
	Tasks     []*task `yaml:"tasks" doc:"The tasks of the graph." required:"true"`
}

// task is one runnable thing.
type task struct {
	common
	Command         string            `yaml:"command" doc:"A bash script. Params reach it as TASKFLOW_PARAM_<NAME> and as JSON in TASKFLOW_PARAMS."`
	WorkingDir      string            `yaml:"working_dir" doc:"Where the command runs, relative to the folder of this file." default:"."`
	Env             map[string]string `yaml:"env" doc:"Added to the environment of the command."`
	InputFile       string            `yaml:"input_file" doc:"Streamed to standard input; $VAR is expanded."`
	OutputFile      string            `yaml:"output_file" doc:"Takes standard output; $VAR is expanded. It appears whole, after success, or not at all."`
	Retries         int               `yaml:"retries" doc:"How many more times a failed instance is tried." min:"0" default:"0"`
	Timeout         *duration         `yaml:"timeout" doc:"How long an attempt may take from its claim; 0 is no limit." default:"300"`
	RetryDelay      *duration         `yaml:"retry_delay" doc:"The wait between attempts." default:"300"`
	RetryBackoff    string            `yaml:"retry_backoff" doc:"How the wait grows from attempt to attempt; exponential doubles it." enum:"constant,exponential" default:"constant"`
	MaxRetryDelay   duration          `yaml:"max_retry_delay" doc:"The longest wait of an exponential retry_backoff."`
	RetryJitter     float64           `yaml:"retry_jitter" doc:"Varies each wait at random by up to this fraction." min:"0" max:"1" default:"0"`
	Params          map[string]any    `yaml:"params" doc:"Values that reach the command; an instance's own lie over them, key by key."`
	ParamsSchema    map[string]any    `yaml:"params_schema" doc:"A JSON Schema that an instance's params must satisfy when it is queued."`
	PushDestination string            `yaml:"push_destination" doc:"The push worker that runs the task elsewhere."`
	DependsOn       []string          `yaml:"depends_on" doc:"Tasks of the same workflow that must end first."`
	RunIf           string            `yaml:"run_if" doc:"How they must have ended." enum:"all_success,all_done,one_failed,one_success" default:"all_success"`
}

// duration is written as a number of seconds, or as text such as 1h30m.
type duration time.Duration

// date is a date, or a time, as it is written; what it means depends on the
// schedule's zone.
type date string
