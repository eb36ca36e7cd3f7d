-- What became of the files offered. Grain: one row per status.
select
    s.status,
    count(*) as sources,
    coalesce(sum(s.lines), 0)::bigint as lines,
    max(s.offered_at) as offered_at
from sources as s
group by s.status
order by sources desc, s.status
