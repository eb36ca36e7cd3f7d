-- A client retries far more than is normal for it.
-- Next: open the storm: it says what was retried, after which answer, and how long the client waited.
select
    r.storm_id as subject,
    'page' as severity,
    r.started_at,
    printf(
        '%s of %s: %s retries of %s operations, up to %s a minute%s',
        r.verdict, coalesce(r.tenant_id, 'an unknown tenant'), format('{:,}', r.retries),
        format('{:,}', r.operations), format('{:,}', r.peak_retries_per_minute),
        coalesce(', mostly after ' || r.error_code, '')
    ) as summary,
    'storms?range=all&storm=' || r.storm_id as screen
from retry_storms as r
where r.ended_at > $since
