-- How many responses could have broken a rule: those of which more than the edge log is known.
-- Grain: one row.
select
    coalesce(sum(s.responses - s.unclassified), 0)::bigint as judged,
    coalesce(sum(s.unclassified), 0)::bigint as unclassified
from sliced as s
where s.starts_at >= $start
