-- The codes of the reference, for reading beside what was sent. Grain: one row per error code.
select
    k.error_code,
    k.error_type,
    k.http_statuses,
    k.retryable as retryable_default,
    k.error_class,
    k.meaning,
    k.action,
    k.retry_strategy
from error_codes as k
order by k.error_code
