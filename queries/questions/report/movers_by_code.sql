-- Codes whose operations became more or fewer since the window before, beyond chance (see macro movers).
-- Grain: one row per error code that changed; NULL: errors without a code.
-- Parameters: before_since, before_until, since, until
select
    m.group_value::integer as error_code,
    k.error_type,
    m.before_errors,
    m.after_errors,
    m.rate_ratio,
    m.rate_ratio_low,
    m.rate_ratio_high,
    m.q_value,
    m.verdict
from movers($before_since, $before_until, $since, $until) as m
left join error_codes as k on m.group_value::integer = k.error_code
where m.verdict != 'no change shown'
order by abs(m.after_errors - m.before_errors) desc, error_code
