-- How long the retries of one storm had waited, whether they had been told to wait longer, and how many had
-- been told to wait so long.
-- Grain: one row per class of wait, shortest first; classes without retries count 0.
-- Parameters: tenant, from_at, to_at
with

class as (
    select * from (
        values
        (1, 0, 250, 'under 0.25 s'),
        (2, 250, 1000, '0.25–1 s'),
        (3, 1000, 2000, '1–2 s'),
        (4, 2000, 5000, '2–5 s'),
        (5, 5000, 15000, '5–15 s'),
        (6, 15000, 60000, '15–60 s'),
        (7, 60000, 300000, '1–5 min'),
        (8, 300000, 900000, '5–15 min'),
        (9, 900000, 3600000, '15–60 min'),
        (10, 3600000, 9000000000000, 'over 1 h')
    ) as c (position, from_ms, to_ms, waited)
),

mine as (
    select
        -- With one key, an attempt may come before the answer to the one before it.
        greatest(r.waited_ms, 0) as waited_ms,
        r.told_to_wait_s,
        r.is_early
    from store.retry as r
    where
        r.received_at >= $from_at
        and r.received_at <= $to_at
        and r.tenant_id is not distinct from $tenant::varchar
),

told as (
    select
        c.position,
        count(*) as told
    from mine as m
    inner join class as c
        on m.told_to_wait_s * 1000 >= c.from_ms and m.told_to_wait_s * 1000 < c.to_ms
    group by all
)

select
    c.waited,
    count(*) filter (m.is_early) as too_early,
    count(*) filter (m.told_to_wait_s is not null and not m.is_early) as in_time,
    count(*) filter (m.waited_ms is not null and m.told_to_wait_s is null) as not_told,
    coalesce(any_value(t.told), 0) as told
from class as c
left join mine as m on m.waited_ms >= c.from_ms and m.waited_ms < c.to_ms
left join told as t on c.position = t.position
group by c.position, c.waited
order by c.position
