-- The errors sent last, whatever the filters. Grain: one row per error.
select
    r.occurred_at,
    r.error_code,
    k.error_type,
    r.retryable,
    r.surface,
    r.tenant_id,
    r.http_route,
    r.trace_id
from responses as r
left join error_codes as k on r.error_code = k.error_code
where
    r.is_error
    -- The newest 25 hours with an error hold at least 25 errors: nothing before them is read.
    and r.occurred_at >= (
        select min(h.hour)
        from (
            select distinct e.hour
            from store.response_hour as e
            where e.is_error
            order by e.hour desc
            limit 25
        ) as h
    )
order by r.occurred_at desc, r.trace_id
limit 25
