drop table if exists payments; drop table if exists history;
create table payments (
  id bigint primary key, card text not null, amount numeric(12,2) not null, paid boolean, note text, blob bytea, day date,
  at timestamptz not null
);
alter table payments replica identity full;
create table history (seq serial primary key, op text, id bigint, card text, amount numeric(12,2), at timestamptz);
create or replace function remember() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then insert into history (op, id, card, amount, at) values ('d', old.id, old.card, old.amount, old.at); return old; end if;
  insert into history (op, id, card, amount, at) values (case tg_op when 'INSERT' then 'c' else 'u' end, new.id, new.card, new.amount, new.at);
  return new;
end $$;
create trigger remember after insert or update or delete on payments for each row execute function remember();
