-- No response is newer than the newest event, none was received after it was answered, and newest_at says
-- when the newest event was.
-- Next: build the database again from the logs: responses and events disagree.
with

newest as (
    select max(e.occurred_at) as newest_event_at
    from store.event as e
    where e.source_no > 0  -- counted, not read from statistics, which still know deleted rows
),

responses as (
    select
        max(r.occurred_at) as newest_response_at,
        count(*) filter (r.received_at > r.occurred_at) as received_after_answer
    from store.response as r
),

final as (
    select
        n.newest_event_at,
        (select m.value::timestamp from store.meta as m where m.key = 'newest_at') as newest_at,
        r.newest_response_at,
        r.received_after_answer
    from newest as n, responses as r
)

select * from final
where
    newest_at is distinct from newest_event_at
    or (newest_response_at is not null and newest_event_at is null)
    or newest_response_at > newest_event_at
    or received_after_answer > 0
