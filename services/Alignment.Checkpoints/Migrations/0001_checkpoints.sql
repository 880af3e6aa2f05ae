create table checkpoints (
    id text primary key,
    digest text not null unique,
    kind text not null,
    name text not null,
    parent_digest text null,
    job_id text null,
    cycle_id text null,
    snapshot_digest text null,
    metrics text not null,
    created_at bigint not null
);
create index checkpoints_by_parent on checkpoints (parent_digest);
create index checkpoints_by_job on checkpoints (job_id);

create table aliases (
    name text primary key,
    checkpoint_id text not null references checkpoints (id),
    version bigint not null,
    moved_at bigint not null
);

create table alias_moves (
    id text primary key,
    alias text not null,
    version bigint not null,
    from_checkpoint_id text null,
    to_checkpoint_id text not null,
    reason text not null,
    evaluation_job_id text null,
    moved_at bigint not null,
    unique (alias, version)
);
