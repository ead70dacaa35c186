-- Times are UTC text, 'YYYY-MM-DD HH:MM:SS.ffffff', so that they sort and
-- SQLite's date functions read them. Durations are seconds; 0 as a limit or a
-- timeout means none. Params, results and graphs are JSON text.

CREATE TABLE workflows (
    name             TEXT PRIMARY KEY,
    active           INTEGER NOT NULL DEFAULT 0 CHECK (active IN (0, 1)),
    title            TEXT,
    description      TEXT,
    concurrency      INTEGER NOT NULL DEFAULT 1,
    sla              REAL,
    default_priority TEXT NOT NULL DEFAULT 'normal',
    on_failure       TEXT NOT NULL DEFAULT 'stop',
    graph_id         INTEGER REFERENCES workflow_graphs (id), -- what new runs use
    retired_at       TEXT, -- since when it is in no definition any more
    created_at       TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    updated_at       TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) STRICT;

-- Each version of a workflow's graph, once. Runs keep the one they started with.
CREATE TABLE workflow_graphs (
    id            INTEGER PRIMARY KEY,
    workflow_name TEXT NOT NULL,
    hash          TEXT NOT NULL, -- SHA-256 of the graph
    graph         TEXT NOT NULL CHECK (json_valid(graph)),
    created_at    TEXT NOT NULL,
    UNIQUE (workflow_name, hash)
) STRICT;

CREATE TABLE tasks (
    name             TEXT PRIMARY KEY,
    active           INTEGER NOT NULL DEFAULT 0 CHECK (active IN (0, 1)),
    workflow_name    TEXT REFERENCES workflows (name),
    title            TEXT,
    description      TEXT,
    command          TEXT,
    concurrency      INTEGER NOT NULL DEFAULT 1,
    sla              REAL,
    default_priority TEXT, -- that of the run, or normal, if empty
    retries          INTEGER NOT NULL DEFAULT 0,
    timeout          REAL NOT NULL DEFAULT 300,
    retry_delay      REAL NOT NULL DEFAULT 300,
    params           TEXT CHECK (params IS NULL OR json_valid(params) AND json_type(params) = 'object'),
    params_schema    TEXT CHECK (params_schema IS NULL OR json_valid(params_schema)),
    push_destination TEXT,
    run_if           TEXT NOT NULL DEFAULT 'all_success',
    retired_at       TEXT,
    created_at       TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    updated_at       TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) STRICT;

CREATE TABLE task_dependencies (
    task_name  TEXT NOT NULL REFERENCES tasks (name),
    depends_on TEXT NOT NULL REFERENCES tasks (name),
    PRIMARY KEY (task_name, depends_on)
) STRICT, WITHOUT ROWID;

CREATE TABLE workflow_instances (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_name       TEXT NOT NULL REFERENCES workflows (name),
    scheduled           INTEGER NOT NULL DEFAULT 0 CHECK (scheduled IN (0, 1)),
    run_at              TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
        CONSTRAINT "run_at is UTC as YYYY-MM-DD HH:MM:SS.ffffff"
        CHECK (run_at GLOB '*.[0-9][0-9][0-9][0-9][0-9][0-9]'
               AND strftime('%Y-%m-%d %H:%M:%S', run_at) IS substr(run_at, 1, length(run_at) - 7)),
    started_at          TEXT,
    ended_at            TEXT,
    status              TEXT NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'success', 'failed', 'dequeued')),
    priority            TEXT NOT NULL DEFAULT 'normal'
        CHECK (priority IN ('critical', 'high', 'normal', 'low')),
    "unique"            TEXT,
    params              TEXT CHECK (params IS NULL OR json_valid(params) AND json_type(params) = 'object'),
    graph_id            INTEGER REFERENCES workflow_graphs (id), -- set at its start
    reason              TEXT, -- why it failed or was dequeued
    cancel_requested_at TEXT,
    created_at          TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    updated_at          TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    rank                INTEGER GENERATED ALWAYS AS (
        CASE priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END
    ) VIRTUAL
) STRICT;

CREATE UNIQUE INDEX workflow_instances_unique ON workflow_instances (workflow_name, "unique")
    WHERE "unique" IS NOT NULL AND status IN ('queued', 'running');
-- What waits, by workflow, in the order of the queue.
CREATE INDEX workflow_instances_waiting ON workflow_instances (workflow_name, rank, run_at, id)
    WHERE status = 'queued';
CREATE INDEX workflow_instances_due ON workflow_instances (run_at) WHERE status = 'queued';
-- What counts against a workflow's concurrency.
CREATE INDEX workflow_instances_live ON workflow_instances (workflow_name) WHERE status = 'running';

CREATE TABLE task_instances (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    task_name            TEXT NOT NULL REFERENCES tasks (name),
    workflow_instance_id INTEGER REFERENCES workflow_instances (id) ON DELETE CASCADE,
    scheduled            INTEGER NOT NULL DEFAULT 0 CHECK (scheduled IN (0, 1)),
    run_at               TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
        CONSTRAINT "run_at is UTC as YYYY-MM-DD HH:MM:SS.ffffff"
        CHECK (run_at GLOB '*.[0-9][0-9][0-9][0-9][0-9][0-9]'
               AND strftime('%Y-%m-%d %H:%M:%S', run_at) IS substr(run_at, 1, length(run_at) - 7)),
    started_at           TEXT, -- first start
    ended_at             TEXT,
    status               TEXT NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'pushed', 'running', 'retry', 'success', 'failed', 'dequeued', 'skipped')),
    priority             TEXT NOT NULL DEFAULT 'normal'
        CHECK (priority IN ('critical', 'high', 'normal', 'low')),
    "unique"             TEXT,
    push                 INTEGER NOT NULL DEFAULT 0 CHECK (push IN (0, 1)), -- for a push destination
    locked_at            TEXT, -- latest claim
    worker_id            TEXT,
    params               TEXT CHECK (params IS NULL OR json_valid(params) AND json_type(params) = 'object'),
    push_state           TEXT CHECK (push_state IS NULL OR json_valid(push_state)),
    attempts             INTEGER NOT NULL DEFAULT 0,
    -- The definition's, unless given; the trigger below fills them in.
    max_attempts         INTEGER,
    timeout              REAL CHECK (timeout IS NULL OR timeout BETWEEN 0 AND 1e9),
    retry_delay          REAL CHECK (retry_delay IS NULL OR retry_delay BETWEEN 0 AND 1e9),
    retry_at             TEXT, -- when the next attempt is due
    claim                INTEGER NOT NULL DEFAULT 0, -- only grows; fences every write that ends an attempt
    result               TEXT CHECK (result IS NULL OR json_valid(result)),
    reason               TEXT, -- why it failed, was skipped or dequeued
    cancel_requested_at  TEXT,
    advanced             INTEGER NOT NULL DEFAULT 0, -- 1: its run has taken note of its end
    created_at           TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    updated_at           TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    rank                 INTEGER GENERATED ALWAYS AS (
        CASE priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END
    ) VIRTUAL
) STRICT;

CREATE UNIQUE INDEX task_instances_unique ON task_instances (task_name, "unique")
    WHERE "unique" IS NOT NULL AND status IN ('queued', 'pushed', 'running', 'retry');
-- A run has each task once.
CREATE UNIQUE INDEX task_instances_of_run ON task_instances (workflow_instance_id, task_name)
    WHERE workflow_instance_id IS NOT NULL;
-- What waits for a worker, in the order of the queue.
CREATE INDEX task_instances_front ON task_instances (rank, run_at, id)
    WHERE status IN ('queued', 'retry') AND push = 0;
-- The same by task, in the order of the queue: the heads of
-- all tasks are found by jumping from task to task, however long each waits.
CREATE INDEX task_instances_waiting ON task_instances (task_name, rank, run_at, id)
    WHERE status IN ('queued', 'retry') AND push = 0;
CREATE INDEX task_instances_to_push ON task_instances (task_name, rank, run_at, id)
    WHERE status IN ('queued', 'retry') AND push = 1;
-- When the next for a worker is due.
CREATE INDEX task_instances_due ON task_instances (COALESCE(retry_at, run_at))
    WHERE status IN ('queued', 'retry') AND push = 0;
-- What counts against a task's concurrency, and what a worker holds.
CREATE INDEX task_instances_live ON task_instances (task_name, worker_id)
    WHERE status IN ('running', 'pushed');
-- What has ended and its run has not taken note of.
CREATE INDEX task_instances_ended ON task_instances (workflow_instance_id)
    WHERE workflow_instance_id IS NOT NULL AND advanced = 0
      AND status IN ('success', 'failed', 'dequeued', 'skipped');

-- INSERT INTO task_instances (task_name) VALUES ('x') queues a whole instance.
CREATE TRIGGER task_instances_defaults AFTER INSERT ON task_instances
WHEN NEW.max_attempts IS NULL OR NEW.timeout IS NULL OR NEW.retry_delay IS NULL
BEGIN
    SELECT RAISE(ABORT, 'task_name is not the name of a defined task')
    WHERE NOT EXISTS (SELECT 1 FROM tasks WHERE name = NEW.task_name);
    UPDATE task_instances
    SET (max_attempts, timeout, retry_delay, push) = (
        SELECT COALESCE(NEW.max_attempts, retries + 1),
               COALESCE(NEW.timeout, timeout),
               COALESCE(NEW.retry_delay, retry_delay),
               push_destination IS NOT NULL
        FROM tasks
        WHERE name = NEW.task_name)
    WHERE id = NEW.id;
END;

-- One row for each task or workflow that has a schedule. A plan is due where
-- version and planned_version differ.
CREATE TABLE schedules (
    kind            TEXT NOT NULL CHECK (kind IN ('workflow', 'task')),
    name            TEXT NOT NULL,
    schedule        TEXT NOT NULL,
    timezone        TEXT NOT NULL,
    missed          TEXT NOT NULL,
    missed_limit    INTEGER NOT NULL,
    on_resume       TEXT NOT NULL,
    dst_gap         TEXT NOT NULL,
    dst_overlap     TEXT NOT NULL,
    start_date      TEXT,
    end_date        TEXT,
    concurrency     INTEGER NOT NULL,
    active          INTEGER NOT NULL, -- follows tasks.active or workflows.active, 0 when retired
    fired_until     TEXT, -- fires up to here are accounted for
    latest_id       INTEGER, -- the instance planned last
    planned_times   TEXT, -- the expression, zone and bounds it was planned with
    version         INTEGER NOT NULL DEFAULT 1,
    planned_version INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX schedules_unplanned ON schedules (kind, name) WHERE version <> planned_version;

-- When a schedule was inactive, as long as fires of that time are undecided.
CREATE TABLE schedule_pauses (
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    paused_at  TEXT NOT NULL,
    resumed_at TEXT, -- NULL while it is inactive
    PRIMARY KEY (kind, name, paused_at)
) STRICT, WITHOUT ROWID;

-- Whatever changes the state of a scheduled instance, or whether its
-- definition is active, plain SQL included, makes the scheduler look again.
CREATE TRIGGER task_instances_replan AFTER UPDATE OF status ON task_instances
WHEN NEW.scheduled = 1 AND NEW.workflow_instance_id IS NULL AND NEW.status <> OLD.status
BEGIN
    UPDATE schedules SET version = version + 1
    WHERE kind = 'task' AND name = NEW.task_name AND latest_id = NEW.id;
END;

CREATE TRIGGER task_instances_gone AFTER DELETE ON task_instances
WHEN OLD.scheduled = 1 AND OLD.workflow_instance_id IS NULL
BEGIN
    UPDATE schedules SET version = version + 1
    WHERE kind = 'task' AND name = OLD.task_name AND latest_id = OLD.id;
END;

CREATE TRIGGER workflow_instances_replan AFTER UPDATE OF status ON workflow_instances
WHEN NEW.scheduled = 1 AND NEW.status <> OLD.status
BEGIN
    UPDATE schedules SET version = version + 1
    WHERE kind = 'workflow' AND name = NEW.workflow_name AND latest_id = NEW.id;
END;

CREATE TRIGGER workflow_instances_gone AFTER DELETE ON workflow_instances
WHEN OLD.scheduled = 1
BEGIN
    UPDATE schedules SET version = version + 1
    WHERE kind = 'workflow' AND name = OLD.workflow_name AND latest_id = OLD.id;
END;

CREATE TRIGGER tasks_replan AFTER UPDATE OF active, retired_at ON tasks
BEGIN
    UPDATE schedules SET version = version + 1, active = NEW.active = 1 AND NEW.retired_at IS NULL
    WHERE kind = 'task' AND name = NEW.name AND active <> (NEW.active = 1 AND NEW.retired_at IS NULL);
END;

CREATE TRIGGER workflows_replan AFTER UPDATE OF active, retired_at ON workflows
BEGIN
    UPDATE schedules SET version = version + 1, active = NEW.active = 1 AND NEW.retired_at IS NULL
    WHERE kind = 'workflow' AND name = NEW.name AND active <> (NEW.active = 1 AND NEW.retired_at IS NULL);
END;

CREATE TRIGGER schedules_paused AFTER UPDATE OF active ON schedules
WHEN OLD.active = 1 AND NEW.active = 0
BEGIN
    INSERT INTO schedule_pauses (kind, name, paused_at)
    VALUES (NEW.kind, NEW.name, strftime('%Y-%m-%d %H:%M:%f000', 'now'))
    ON CONFLICT DO UPDATE SET resumed_at = NULL;
END;

CREATE TRIGGER schedules_resumed AFTER UPDATE OF active ON schedules
WHEN OLD.active = 0 AND NEW.active = 1
BEGIN
    UPDATE schedule_pauses SET resumed_at = strftime('%Y-%m-%d %H:%M:%f000', 'now')
    WHERE kind = NEW.kind AND name = NEW.name AND resumed_at IS NULL;
END;

-- What became of each fire. The primary key is what keeps a fire from
-- happening twice.
CREATE TABLE schedule_fires (
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    fire_at     TEXT NOT NULL,
    outcome     TEXT NOT NULL
        CHECK (outcome IN ('queued', 'coalesced', 'overlapped', 'skipped', 'outside start/end')),
    instance_id INTEGER, -- of the kind, for queued
    reason      TEXT,
    recorded_at TEXT NOT NULL,
    PRIMARY KEY (kind, name, fire_at)
) STRICT, WITHOUT ROWID;

-- Attempts that were not the last, or no success at the first try.
CREATE TABLE task_attempts (
    task_instance_id INTEGER NOT NULL REFERENCES task_instances (id) ON DELETE CASCADE,
    claim            INTEGER NOT NULL,
    attempt          INTEGER NOT NULL,
    worker_id        TEXT,
    started_at       TEXT NOT NULL,
    ended_at         TEXT NOT NULL,
    outcome          TEXT NOT NULL CHECK (outcome IN ('success', 'failed', 'released', 'cancelled')),
    error            TEXT,
    PRIMARY KEY (task_instance_id, claim)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_logs (
    task_instance_id INTEGER NOT NULL REFERENCES task_instances (id) ON DELETE CASCADE,
    claim            INTEGER NOT NULL,
    line             INTEGER NOT NULL, -- within the attempt, from 1
    attempt          INTEGER NOT NULL,
    logged_at        TEXT NOT NULL,
    stream           TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr', 'taskflow')),
    text             TEXT NOT NULL,
    PRIMARY KEY (task_instance_id, claim, line)
) STRICT, WITHOUT ROWID;

-- What is out of the ordinary; the happy path is told by the rows themselves.
CREATE TABLE taskflow_events (
    id                INTEGER PRIMARY KEY,
    workflow_instance INTEGER REFERENCES workflow_instances (id) ON DELETE CASCADE,
    task_instance     INTEGER REFERENCES task_instances (id) ON DELETE CASCADE,
    timestamp         TEXT NOT NULL,
    event             TEXT NOT NULL,
    message           TEXT
) STRICT;

CREATE INDEX taskflow_events_by_task ON taskflow_events (task_instance) WHERE task_instance IS NOT NULL;
CREATE INDEX taskflow_events_by_run ON taskflow_events (workflow_instance) WHERE workflow_instance IS NOT NULL;

CREATE TABLE workers (
    id           TEXT PRIMARY KEY,
    host         TEXT NOT NULL,
    pid          INTEGER NOT NULL,
    slots        INTEGER NOT NULL,
    started_at   TEXT NOT NULL,
    heartbeat_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who leads, and until when. The epoch grows with each leadership.
CREATE TABLE leases (
    name       TEXT PRIMARY KEY,
    holder     TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
