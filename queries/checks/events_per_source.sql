-- The events and rejected lines stored for a source are as many as its bookkeeping says.
-- Next: load the source again into a new data directory; if it still differs, report it.
with

stored_events as (
    select e.source_no, count(*) as events
    from store.event as e
    group by all
),

stored_rejects as (
    select l.source_no, count(*) as rejected
    from store.rejected_line as l
    group by all
),

final as (
    select
        's' || coalesce(s.source_no, e.source_no, l.source_no) as source_id,
        s.path,
        coalesce(s.events, 0) as events_counted,
        coalesce(e.events, 0) as events_stored,
        coalesce(s.rejected, 0) as rejected_counted,
        coalesce(l.rejected, 0) as rejected_stored
    from store.source as s
    full join stored_events as e on s.source_no = e.source_no
    full join stored_rejects as l on coalesce(s.source_no, e.source_no) = l.source_no
)

select * from final
where events_counted != events_stored or rejected_counted != rejected_stored
