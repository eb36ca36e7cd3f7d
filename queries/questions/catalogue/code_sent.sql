-- On which surfaces a code was sent, and with which retryable.
-- Grain: one row per surface and retryable as sent.
select
    g.surface,
    g.retryable,
    sum(g.errors)::bigint as errors
from error_groups as g
where g.error_code = $code
group by all
order by errors desc, g.surface, g.retryable
