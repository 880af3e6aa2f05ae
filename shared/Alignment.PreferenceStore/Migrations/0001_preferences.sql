-- Feedback: projects, prompts, tasks with candidates, leases, judgements. Every integer is bigint so that both
-- dialects read back as long; every time is epoch milliseconds UTC; every id a UUIDv7 without dashes.
create table projects (
    id text primary key,
    name text not null unique,
    guidelines text not null,
    rubric text not null,
    language text not null,
    candidates_per_task bigint not null,
    judgements_per_task bigint not null,
    lease_minutes bigint not null,
    seed bigint not null,
    turn bigint not null,          -- counts leases and judgements; its update is the project's mutex
    created_at bigint not null
);

create table annotators (
    id text primary key,
    handle text not null unique,
    kind text not null,            -- person | simulated
    created_at bigint not null
);

create table prompts (
    id text primary key,
    project_id text not null references projects (id),
    content text not null,         -- JSON: a string, or an array of {role, content}
    group_hash text not null,      -- sha-256 of the normalised prompt; the unit of every split
    language text not null,
    ordinal bigint not null,
    created_at bigint not null,
    unique (project_id, group_hash)
);

create table tasks (
    id text primary key,
    project_id text not null references projects (id),
    prompt_id text not null references prompts (id),
    batch text not null,           -- the cycle or import that brought the candidates; '' when none
    state text not null,           -- open | complete | parked
    required bigint not null,
    received bigint not null,      -- distinct annotators with a judgement
    ordinal bigint not null,
    created_at bigint not null,
    unique (prompt_id, batch)
);
create index tasks_open on tasks (project_id, state, created_at, ordinal, id);

create table candidates (
    id text primary key,
    task_id text not null references tasks (id),
    text text not null,
    text_hash text not null,
    unique (task_id, text_hash)
);

-- What an annotator must never learn lives in a table that no annotator query joins.
create table candidate_provenance (
    candidate_id text primary key references candidates (id),
    checkpoint_digest text not null,
    sampling text not null,        -- JSON: temperature, top_p, …
    seed bigint not null
);

create table leases (
    id text primary key,
    task_id text not null references tasks (id),
    annotator_id text not null references annotators (id),
    seed bigint not null,
    presented_order text not null, -- JSON array of candidate ids, first is labelled A
    state text not null,           -- active | submitted | skipped | expired
    acquired_at bigint not null,
    expires_at bigint not null
);
create index leases_of_task on leases (task_id, state);
create index leases_of_annotator on leases (annotator_id, state);

-- Append-only. A correction is a new row that names the one it supersedes.
create table judgements (
    id text primary key,
    project_id text not null references projects (id),
    task_id text not null references tasks (id),
    annotator_id text not null references annotators (id),
    lease_id text not null references leases (id),
    revision bigint not null,
    supersedes text null unique references judgements (id),
    ranking text not null,         -- JSON: groups of candidate ids, best first; one group = a tie
    none_acceptable bigint not null,
    comment text not null,
    active_ms bigint not null,
    idempotency_key text not null,
    request_hash text not null,
    submitted_at bigint not null,
    unique (task_id, annotator_id, revision),
    unique (task_id, annotator_id, idempotency_key)
);
create index judgements_of_project on judgements (project_id, id);

create table judgement_ranks (
    judgement_id text not null references judgements (id),
    candidate_id text not null references candidates (id),
    place bigint not null,         -- 1 is best; equal places are a tie
    primary key (judgement_id, candidate_id)
);

create table skips (
    id text primary key,
    task_id text not null references tasks (id),
    annotator_id text not null references annotators (id),
    reason text not null,
    comment text not null,
    created_at bigint not null,
    unique (task_id, annotator_id)
);

create table flags (
    id text primary key,
    task_id text not null references tasks (id),
    annotator_id text not null references annotators (id),
    kind text not null,            -- personal_data | unsafe | broken | other
    comment text not null,
    created_at bigint not null,
    unique (task_id, annotator_id, kind)
);

create view current_judgements as
select j.id, j.project_id, j.task_id, j.annotator_id, j.lease_id, j.revision, j.ranking, j.none_acceptable, j.comment, j.active_ms, j.submitted_at
from judgements j
where not exists (select 1 from judgements n where n.supersedes = j.id);

-- One row for each pair of each current ranking: preferred over other, or a tie (listed once).
create view preferences as
select j.project_id, j.task_id, j.id as judgement_id, j.annotator_id,
       a.candidate_id as preferred_id, b.candidate_id as other_id,
       cast(case when a.place = b.place then 1 else 0 end as bigint) as tie
from current_judgements j
join judgement_ranks a on a.judgement_id = j.id
join judgement_ranks b on b.judgement_id = j.id
where a.place < b.place or (a.place = b.place and a.candidate_id < b.candidate_id);

-- Immutable. The digest is the artifact's; the same content frozen twice is one row.
create table snapshots (
    digest text primary key,
    project_id text null references projects (id),
    kind text not null,            -- preference | sft
    name text not null,
    train_rows bigint not null,
    heldout_rows bigint not null,
    manifest text not null,
    created_at bigint not null
);
create index snapshots_by_time on snapshots (created_at, digest);

-- Which judgements a snapshot was made from: the way back from a checkpoint to people.
create table snapshot_judgements (
    snapshot_digest text not null references snapshots (digest),
    judgement_id text not null references judgements (id),
    primary key (snapshot_digest, judgement_id)
);
