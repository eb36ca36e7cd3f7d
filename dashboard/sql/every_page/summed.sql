-- Sums over the responses that the filter bar selects, of which the queries that read `summed` take what they
-- need: by minute, or by hour where the period and its steps consist of full hours.
-- Parameters: start, end, surfaces (empty: all), tenant (NULL: all), retryable (NULL: all errors)
select
    s.starts_at,
    s.tenant_id,
    -- Names of undocumented surfaces come from the logs; the filter offers them as one.
    case when s.surface in $documented::varchar[] then s.surface else 'other' end as surface,
    coalesce(s.is_error and ($retryable::boolean is null or s.retryable = $retryable), false)
        as is_error,
    s.error_code,
    s.retryable,
    s.http_route,
    s.responses,
    if(s.is_error is null, s.responses, 0) as unclassified,
    s.first_attempts as operations,
    -- Those whose first error with this code it is: a period, and all periods together, count each once.
    s.first_of_code as operations_met,
    case
        when $retryable::boolean is null then s.failed_retryable + s.failed_final + s.failed_unsaid
        when $retryable then s.failed_retryable
        else s.failed_final
    end as unsuccessful_operations,
    s.last_sent_at,
    s.last_trace_id
from response_by_unit as s
where
    s.starts_at >= $start
    and s.starts_at < $end
    and ($tenant::varchar is null or s.tenant_id = $tenant)
    and (
        len($surfaces::varchar[]) = 0
        or case when s.surface in $documented::varchar[] then s.surface else 'other' end
            in $surfaces::varchar[]
    )
