-- The time that new events (and forgotten ones) with a trace cover, and how many they are.
select min(occurred_at), max(occurred_at), count(*)
from (
    select e.occurred_at
    from store.event as e
    where
        e.source_no >= getvariable('first_source_no')
        and e.source_no < getvariable('next_source_no')
        and e.trace_id is not null
    union all
    select f.occurred_at
    from forgotten_trace as f
) as span
