-- The thresholds that the numbers rest on, changed ones first. Grain: one row per parameter.
select
    p.value is distinct from p.default_value as is_changed,
    p.*
from parameters as p
order by is_changed desc, p.parameter
