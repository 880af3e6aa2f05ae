create table outbox (
  seq $identity$,
  msg_id text not null unique,
  type text not null,                 -- urn of the contract
  body text not null,
  created_at bigint not null,
  due_at bigint not null,
  locked_until bigint not null default 0,
  tries bigint not null default 0,
  last_error text,
  sent_at bigint
);
create index outbox_pending on outbox (due_at, seq) where sent_at is null;
create index outbox_sent on outbox (sent_at) where sent_at is not null;

create table inbox (
  consumer text not null,
  msg_id text not null,
  at bigint not null,
  primary key (consumer, msg_id)
);
create index inbox_at on inbox (at);
