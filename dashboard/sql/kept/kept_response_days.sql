-- Sums of responses by day, of all tenants and routes together: few, however many responses there are.
-- Columns are those of macro response_sums. Grain: one row per day, surface and kind of answer.
select
    date_trunc('day', h.hour) as starts_at,
    null::varchar as tenant_id,
    h.surface,
    h.is_error,
    h.error_code,
    h.retryable,
    null::varchar as http_route,
    sum(h.responses)::bigint as responses,
    sum(h.first_attempts)::bigint as first_attempts,
    sum(h.first_of_code)::bigint as first_of_code,
    sum(h.failed_retryable)::bigint as failed_retryable,
    sum(h.failed_final)::bigint as failed_final,
    sum(h.failed_unsaid)::bigint as failed_unsaid,
    max(h.last_sent_at) as last_sent_at,
    arg_max(h.last_trace_id, h.last_sent_at) as last_trace_id
from store.response_hour as h
group by all
