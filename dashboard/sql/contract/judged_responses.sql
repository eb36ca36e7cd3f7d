-- How many responses could have broken a rule: those of which more than the edge log is known.
-- Grain: one row.
select
    count(*) filter (f.is_classified) as judged,
    count(*) filter (not f.is_classified) as unclassified
from filtered as f
