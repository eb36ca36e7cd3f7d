-- What the database holds. Grain: one row.
-- Responses of hours that begin more than a day after the last loading have a wrong clock: were one the
-- newest, the presets would count back from it and show nothing. They are in the range "all" only.
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
        coalesce(sum(h.responses), 0)::bigint as responses,
        min(h.first_sent_at) as first_at,
        max(h.last_sent_at) as last_at,
        max(h.last_sent_at) filter (h.hour <= l.loaded_at + interval 1 day) as credible_at,
        coalesce(sum(h.responses) filter (h.hour > l.loaded_at + interval 1 day), 0)::bigint as misdated
    from store.response_hour as h
    cross join loaded as l
)

select
    c.responses,
    c.first_at,
    coalesce(c.credible_at, c.last_at) as last_at,
    case when c.credible_at is null then 0 else c.misdated end as misdated,
    l.loaded_at,
    l.lines,
    l.rejected,
    parameter_value('stale_after_h') as stale_after_h
from counted as c
cross join loaded as l
