-- What the database holds. Grain: one row.
-- A response dated more than a day after the last loading has a wrong clock: were it the newest, the
-- presets would count back from it and show nothing. Such responses are in the range "all" only.
with

loaded as (
    select
        max(i.finished_at) as loaded_at,
        coalesce(sum(i.lines), 0)::bigint as lines,
        coalesce(sum(i.rejected), 0)::bigint as rejected
    from ingest_runs as i
),

counted as (
    select
        count(*) as responses,
        min(r.occurred_at) as first_at,
        max(r.occurred_at) as last_at,
        max(r.occurred_at) filter (r.occurred_at <= l.loaded_at + interval 1 day) as credible_at,
        count(*) filter (r.occurred_at > l.loaded_at + interval 1 day) as misdated
    from store.response as r
    cross join loaded as l
)

select
    c.responses,
    c.first_at,
    coalesce(c.credible_at, c.last_at) as last_at,
    case when c.credible_at is null then 0 else c.misdated end as misdated,
    l.loaded_at,
    l.lines,
    l.rejected
from counted as c
cross join loaded as l
