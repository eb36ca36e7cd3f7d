-- Rejected lines whose excerpt shows the trace_id of something that is erased, or was before.
create or replace temp table erased_rejected as
with shown as (
    select
        l.source_no,
        l.line_number,
        l.record_number,
        unnest(regexp_extract_all(l.excerpt, 'trace_id"?\s*[:=]\s*"?([0-9A-Za-z_.:-]{1,40})', 1)) as trace_id
    from store.rejected_line as l
)
select distinct s.source_no, s.line_number, s.record_number
from shown as s
where
    s.trace_id in (select e.trace_id from erased_event as e)
    or (
        s.source_no >= $first
        and tombstone_hash('trace', s.trace_id)
        in (select t.hash from store.tombstone as t where t.kind = 'trace')
    )
