-- New events that repeat, byte for byte, another event of their trace. An earlier event is kept,
-- else the one with the lowest line number. If a new copy has a lower line number than the earlier
-- event, the event takes its place (place_source_no, place_line_number), so that the same logs give
-- the same rows in whatever order they came.
create or replace temp table repeated_event as
with copies as (
    select
        e.event_row,
        e.is_new,
        e.source_no,
        e.line_number,
        row_number() over (
            partition by e.trace_id, log_of(e.kind), e.line_hash
            order by e.is_new, e.line_number, e.source_no, e.record_number
        ) as copy_no,
        first_value(e.source_no) over (
            partition by e.trace_id, log_of(e.kind), e.line_hash
            order by e.line_number, e.is_new, e.source_no, e.record_number
        ) as place_source_no,
        min(e.line_number) over (partition by e.trace_id, log_of(e.kind), e.line_hash) as place_line_number,
        first_value(e.line_number) over (
            partition by e.trace_id, log_of(e.kind), e.line_hash
            order by e.is_new, e.line_number, e.source_no, e.record_number
        ) as kept_line_number,
        first_value(e.source_no) over (
            partition by e.trace_id, log_of(e.kind), e.line_hash
            order by e.is_new, e.line_number, e.source_no, e.record_number
        ) as kept_source_no,
        first_value(e.record_number) over (
            partition by e.trace_id, log_of(e.kind), e.line_hash
            order by e.is_new, e.line_number, e.source_no, e.record_number
        ) as kept_record_number
    from batch_event as e
    where e.trace_id in (select i.trace_id from irregular_trace as i)
)
select
    event_row,
    kept_source_no,
    kept_line_number,
    kept_record_number,
    place_source_no,
    place_line_number
from copies
where copy_no > 1;
