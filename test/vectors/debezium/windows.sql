with e as (select seq, op, id::text as id, card, amount, at from history where op <> 'd')
select coalesce(json_agg(r order by seq), '[]') from (
  select a.seq, a.id, a.card, (extract(epoch from a.at) * 1000)::bigint as at,
    count(b.seq)::int as n, sum(b.amount * 100)::bigint as total, max(b.amount * 100)::bigint as most
  from e a join e b on b.card = a.card and b.seq <= a.seq and b.at > a.at - interval '10 minutes' and b.at <= a.at
  group by a.seq, a.id, a.card, a.at
) r;
