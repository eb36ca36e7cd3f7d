-- The responses that the filter bar selects. The queries that read `filtered` are put on
-- top of this one. It reads the stored table, whose operation ids are integers: the view's are text,
-- and failed operations would have to be joined by it.
-- Parameters: start, end, surfaces (empty: all), tenant (NULL: all), retryable (NULL: all errors)
select
    r.response_id,
    r.operation_id,
    r.attempt,
    r.trace_id,
    r.occurred_at,
    r.tenant_id,
    -- Names of undocumented surfaces come from the logs; the filter offers them as one.
    case when r.surface in $documented::varchar[] then r.surface else 'other' end
        as surface,
    r.is_error is not null as is_classified,
    coalesce(r.is_error and ($retryable::boolean is null or r.retryable = $retryable), false)
        as is_error,
    r.error_code,
    r.retryable,
    r.error_message,
    r.http_route,
    r.http_status
from store.response as r
where
    r.occurred_at >= $start
    and r.occurred_at < $end
    and ($tenant::varchar is null or r.tenant_id = $tenant)
    and (
        len($surfaces::varchar[]) = 0
        or case when r.surface in $documented::varchar[] then r.surface else 'other' end
            in $surfaces::varchar[]
    )
