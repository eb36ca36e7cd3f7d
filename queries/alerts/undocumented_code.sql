-- The API answers a code that its reference does not know.
-- Next: find the route that sends it; add the code to the reference, or mend the route.
select
    c.error_code::varchar as subject,
    'ticket' as severity,
    c.first_seen_at as started_at,
    printf(
        'code %d is in no reference: %s responses, first at %s UTC',
        c.error_code, format('{:,}', c.errors), strftime(c.first_seen_at, '%Y-%m-%d %H:%M')
    ) as summary,
    'errors?range=all&code=' || c.error_code as screen
from errors_by_code as c
where c.error_type is null and c.error_code is not null and c.last_seen_at > $since
