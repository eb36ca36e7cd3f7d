-- A delivery service is not configured (3003): no retry helps, and nothing mends it by itself.
-- Next: configure the service on the hosts named under Errors, code 3003.
select
    coalesce(r.delivery_service, 'unknown service') as subject,
    'page' as severity,
    min(r.occurred_at) as started_at,
    printf(
        'code 3003, %s not configured: %s responses, last at %s UTC',
        coalesce(r.delivery_service, 'a delivery service'), format('{:,}', count(*)),
        strftime(max(r.occurred_at), '%Y-%m-%d %H:%M')
    ) as summary,
    'errors?range=all&code=3003' as screen
from responses as r
where r.error_code = 3003 and r.occurred_at > $since
group by r.delivery_service
