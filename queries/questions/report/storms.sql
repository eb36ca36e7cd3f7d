-- Retry storms that reach into a window, the most costly first.
-- Grain: one row per storm.
select
    s.storm_id,
    s.tenant_id,
    s.started_at,
    s.ended_at,
    s.seconds,
    s.verdict,
    s.reasons,
    s.may_go_on,
    s.error_code,
    k.error_type,
    s.operations,
    s.attempts,
    s.retries,
    s.amplification,
    s.peak_retries_per_minute,
    s.wasted_attempts,
    s.operations_saved,
    s.early_retry_share
from retry_storms as s
left join error_codes as k on s.error_code = k.error_code
where s.ended_at >= $since and s.started_at < $until
order by s.wasted_attempts desc, s.started_at, s.storm_id
