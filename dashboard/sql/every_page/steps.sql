-- The steps of the period, and whether the data reach into them: inside the data, a step without anything counts
-- 0; outside of them nothing is known. Grain: one row per step.
-- Parameters: start, end, step_s, first_at, last_at (the data's reach)
select
    r.starts_at,
    r.starts_at + to_seconds($step_s) > $first_at::timestamp and r.starts_at <= $last_at::timestamp as is_known
from range($start::timestamp, $end::timestamp, to_seconds($step_s)) as r (starts_at)
