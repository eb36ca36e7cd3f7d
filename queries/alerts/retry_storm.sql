-- A client retries far more than is normal for it.
-- Next: open the storm: it says what was retried, after which answer, and how long the client waited.
with

-- Named by tenant and hour, not by storm: while data come in, the first retry of a storm may turn out
-- to be an earlier one, and the storm then has another id.
recent as (
    select
        r.*,
        concat_ws(' ', coalesce(r.tenant_id, 'unknown'), strftime(r.started_at, '%Y-%m-%dT%H:00Z')) as subject
    from retry_storms as r
    where r.ended_at > $since
)

select
    r.subject,
    'page' as severity,
    r.started_at,
    printf(
        '%s of %s: %s retries of %s operations, up to %s a minute%s',
        r.verdict, coalesce(r.tenant_id, 'an unknown tenant'), format('{:,}', r.retries),
        format('{:,}', r.operations), format('{:,}', r.peak_retries_per_minute),
        coalesce(', mostly after ' || r.error_code, '')
    ) as summary,
    'storms?range=all&storm=' || r.storm_id as screen
from recent as r
qualify row_number() over (partition by r.subject order by r.retries desc, r.storm_id) = 1
