create table cycles (
    id text primary key,
    model_line text not null,
    idem_key text not null unique,
    stage text not null,
    version bigint not null,
    cause text not null,
    config text not null,
    reason text null,
    created_at bigint not null,
    updated_at bigint not null
);
-- One open cycle for a model line: a second one would tune a policy that the first is about to replace.
create unique index cycles_open on cycles (model_line) where stage not in ('Completed', 'Rejected', 'Failed', 'Canceled');

create table cycle_events (
    cycle_id text not null references cycles (id),
    version bigint not null,
    from_stage text not null,
    to_stage text not null,
    cause text not null,
    at bigint not null,
    primary key (cycle_id, version)
);

create table schedules (
    id text primary key,
    name text not null unique,
    cron text not null,
    time_zone text not null,
    enabled bigint not null,
    next_at bigint not null,
    last_slot bigint null,
    template text not null
);
