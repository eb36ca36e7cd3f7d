-- Whether an earlier event of a touched trace lies so near the edge of the window (15 minutes) that
-- another one behind the edge could hang together with it.
select count(*) > 0
from store.event as e
where
    e.source_no < getvariable('first_source_no')
    and e.trace_id in (select t.trace_id from touched_trace as t)
    and (
        us(e.occurred_at) between us(getvariable('from_at')) and us(getvariable('from_at')) + 900000000
        or us(e.occurred_at) between us(getvariable('to_at')) - 900000000 and us(getvariable('to_at'))
    )
    and e.occurred_at >= getvariable('from_at')
    and e.occurred_at <= getvariable('to_at')
