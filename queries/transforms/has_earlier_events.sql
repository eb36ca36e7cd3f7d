-- Whether any event was there before that could belong to a new one's response.
select count(*) > 0
from (
    select 1
    from store.event as e
    where
        e.source_no < getvariable('first_source_no')
        and e.occurred_at >= getvariable('from_at')
        and e.occurred_at <= getvariable('to_at')
        and e.trace_id is not null
    limit 1
) as earlier
