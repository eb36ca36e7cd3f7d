-- All lines of a tenant were used up before the hour ended (4002).
-- Next: open the hour: unmet demand says how many more lines it takes.
select
    concat_ws(' ', coalesce(h.tenant_id, 'unknown'), strftime(h.hour, '%Y-%m-%dT%H:00Z')) as subject,
    'page' as severity,
    h.onset_at as started_at,
    printf(
        '%s ran out of lines at minute %d of %s UTC: %s operations refused, %s unserved when the hour ended',
        coalesce(h.tenant_id, 'an unknown tenant'), minute(h.onset_at), strftime(h.hour, '%Y-%m-%d %H:00'),
        format('{:,}', h.refused_operations), format('{:,}', h.unmet_operations)
    ) as summary,
    'saturation?range=all' || coalesce('&tenant=' || url_encode(h.tenant_id), '') as screen
from saturation_hours as h
where h.onset_at is not null and h.last_refused_at > $since
