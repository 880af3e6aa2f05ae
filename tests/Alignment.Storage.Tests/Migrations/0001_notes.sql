create table notes (
  seq $identity$,
  text text not null,
  body $blob$,
  score $real$
);
