-- Where another retryable was sent than the reference's default for the code, and how often the default.
-- Grain: one row per route, error code and flag that differs.
-- Parameters: those of `summed`; retryable (NULL: all errors)
with

sent as (
    select
        s.http_route,
        s.error_code,
        s.retryable,
        s.tenant_id,
        sum(s.responses)::bigint as errors,
        min(s.first_sent_at) as first_seen_at,
        max(s.last_sent_at) as last_seen_at,
        arg_max(s.last_trace_id, s.last_sent_at) as last_trace_id
    from summed as s
    where s.is_error and s.retryable is not null
    group by s.http_route, s.error_code, s.retryable, s.tenant_id
),

together as (
    select
        s.http_route,
        s.error_code,
        s.retryable,
        sum(s.errors)::bigint as errors,
        count(s.tenant_id) as tenants,
        min(s.first_seen_at) as first_seen_at,
        max(s.last_seen_at) as last_seen_at,
        arg_max(s.last_trace_id, s.last_seen_at) as last_trace_id
    from sent as s
    group by s.http_route, s.error_code, s.retryable
)

select
    o.http_route,
    o.error_code,
    k.error_type,
    o.retryable,
    k.retryable as retryable_default,
    o.errors as overridden,
    coalesce(d.errors, 0) as as_default,
    o.errors / (o.errors + coalesce(d.errors, 0)) as overridden_share,
    o.tenants,
    o.first_seen_at,
    o.last_seen_at,
    o.last_trace_id
from together as o
inner join error_codes as k on o.error_code = k.error_code and o.retryable != k.retryable
left join together as d
    on
        o.http_route is not distinct from d.http_route
        and o.error_code = d.error_code
        and d.retryable = k.retryable
where $retryable::boolean is null or o.retryable = $retryable
order by o.errors desc, o.http_route, o.error_code
