-- Operations begun in what the filter bar selects that had not ended when the data end: `summed` counts them
-- among the unsuccessful, and nobody knows yet. Grain: one row per operation.
-- Parameters: start, end, surfaces (empty: all), tenant (NULL: all), retryable (NULL: all)
select o.first_answered_at, o.surface
from kept.open_operations as o
where
    o.first_answered_at >= $start
    and o.first_answered_at < $end
    and ($tenant::varchar is null or o.tenant_id = $tenant)
    and ($retryable::boolean is null or o.last_retryable = $retryable)
    and (len($surfaces::varchar[]) = 0 or o.surface in $surfaces::varchar[])
