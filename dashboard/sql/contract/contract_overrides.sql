-- Where another retryable was sent than the reference's default for the code, and how often the default.
-- Grain: one row per route, error code and flag that differs.
-- Parameters: start, end, surfaces (empty: all), tenant (NULL: all), retryable (NULL: all errors)
with

counted as (
    select
        s.http_route,
        s.error_code,
        k.error_type,
        k.retryable as retryable_default,
        coalesce(sum(s.responses) filter (s.retryable != k.retryable), 0)::bigint as overridden,
        coalesce(sum(s.responses) filter (s.retryable = k.retryable), 0)::bigint as as_default,
        count(distinct s.tenant_id) filter (s.retryable != k.retryable) as tenants,
        min(s.first_sent_at) filter (s.retryable != k.retryable) as first_seen_at,
        max(s.last_sent_at) filter (s.retryable != k.retryable) as last_seen_at,
        arg_max(s.last_trace_id, s.last_sent_at) filter (s.retryable != k.retryable) as last_trace_id
    from response_sums($unit) as s
    inner join error_codes as k on s.error_code = k.error_code
    where
        s.is_error
        and s.starts_at >= $start
        and s.starts_at < $end
        and ($tenant::varchar is null or s.tenant_id = $tenant)
        and (
            len($surfaces::varchar[]) = 0
            or case when s.surface in $documented::varchar[] then s.surface else 'other' end
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
