-- Where another retryable was sent than the reference's default for the code, and how often the default.
-- Grain: one row per route, error code and flag that differs.
-- Parameters: start, end, surfaces (empty: all), tenant (NULL: all), retryable (NULL: all errors)
with

counted as (
    select
        r.http_route,
        r.error_code,
        k.error_type,
        k.retryable as retryable_default,
        count(*) filter (r.retryable != k.retryable) as overridden,
        count(*) filter (r.retryable = k.retryable) as as_default,
        count(distinct r.tenant_id) filter (r.retryable != k.retryable) as tenants,
        min(r.occurred_at) filter (r.retryable != k.retryable) as first_seen_at,
        max(r.occurred_at) filter (r.retryable != k.retryable) as last_seen_at,
        arg_max(r.trace_id, r.occurred_at) filter (r.retryable != k.retryable) as last_trace_id
    from store.response as r
    inner join error_codes as k on r.error_code = k.error_code
    where
        r.is_error
        and r.occurred_at >= $start
        and r.occurred_at < $end
        and ($tenant::varchar is null or r.tenant_id = $tenant)
        and (
            len($surfaces::varchar[]) = 0
            or case when r.surface in (select surface from api_surfaces) then r.surface else 'other' end
                in $surfaces::varchar[]
        )
    group by all
)

select
    c.http_route,
    c.error_code,
    c.error_type,
    not c.retryable_default as retryable,
    c.retryable_default,
    c.overridden,
    c.as_default,
    c.overridden / (c.overridden + c.as_default) as overridden_share,
    c.tenants,
    c.first_seen_at,
    c.last_seen_at,
    c.last_trace_id
from counted as c
where
    c.overridden > 0
    and ($retryable::boolean is null or c.retryable_default != $retryable)
order by c.overridden desc, c.http_route, c.error_code
