-- What changed against the period before, as macro movers tells it. Grain: one row per group.
-- Parameters: before_start, start, end, dimension
select
    m.group_value,
    m.before_errors,
    m.after_errors,
    m.rate_ratio,
    m.rate_ratio_low,
    m.rate_ratio_high,
    m.q_value,
    m.verdict,
    m.basis
from movers($before_start, $start, $start, $end, dimension := $dimension) as m
