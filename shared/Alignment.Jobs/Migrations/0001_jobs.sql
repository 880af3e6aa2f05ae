create table jobs (
  id text primary key,
  kind text not null,
  spec text not null,
  idem_key text not null unique,
  state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'canceled')),
  priority bigint not null default 0,
  attempt bigint not null default 0,             -- fencing token: every write of a worker names it
  owner text,
  lease_until bigint,
  heartbeat_at bigint,
  cancel_requested_at bigint,
  due_at bigint not null,
  progress_step bigint not null default 0,
  progress_total bigint not null default 0,
  progress_message text,
  resume_ref text,
  claimed_step bigint not null default 0,        -- furthest step when the running attempt began: tells a crash with progress from one without
  failures bigint not null default 0,
  crashes_without_progress bigint not null default 0,
  max_failures bigint not null default 5,
  error_code text,
  error_text text,
  result text,
  cycle_id text,
  created_at bigint not null,
  started_at bigint,
  finished_at bigint
);
create index jobs_claim on jobs (kind, priority desc, due_at, id) where state in ('queued', 'running');
create index jobs_cycle on jobs (cycle_id, id);

create table job_attempts (
  job_id text not null references jobs (id),
  attempt bigint not null,
  owner text not null,
  started_at bigint not null,
  ended_at bigint,
  outcome text,                                  -- succeeded, failed, retry, canceled, released, crashed
  last_step bigint,
  error_text text,
  primary key (job_id, attempt)
);
