-- The lines of a tenant are expected to run out before the current hour ends.
-- Next: spread what can wait beyond the full hour; the page shows the rate and the interval of the forecast.
select
    concat_ws(' ', coalesce(f.tenant_id, 'unknown'), strftime(f.hour, '%Y-%m-%dT%H:00Z')) as subject,
    'ticket' as severity,
    f.as_of as started_at,
    printf(
        '%s is expected to run out of lines at %s UTC: %s of %s used up, %.1f a minute',
        coalesce(f.tenant_id, 'an unknown tenant'), strftime(f.runs_out_at, '%H:%M'),
        format('{:,}', f.accepted), format('{:,}', f.capacity::bigint), f.rate_per_minute
    ) as summary,
    'saturation?range=1h' || coalesce('&tenant=' || url_encode(f.tenant_id), '') as screen
from saturation_forecast as f
where f.verdict = 'runs out'
