-- Rejected lines by why. Grain: one row per reason.
select
    r.reason,
    count(*) as rejected,
    count(distinct r.source_id) as sources
from rejected_lines as r
group by r.reason
order by rejected desc, r.reason
