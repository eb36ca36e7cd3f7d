-- How many responses the filters select. Grain: one row.
select coalesce(sum(s.responses), 0)::bigint as responses
from sliced as s
where s.starts_at >= $start
