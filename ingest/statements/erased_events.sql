-- The events to erase: those that name somebody forgotten, the rest of their traces (of any source:
-- the answer does not repeat the number), and what belongs to a trace that was erased before.
-- A trace is that of one tenant, or of an unknown one, within an hour.
create or replace temp table erased_event as
with named_trace as (
    select
        n.trace_id,
        n.tenant_id,
        min(n.occurred_at) - interval 1 hour as from_at,
        max(n.occurred_at) + interval 1 hour as until_at
    from named_event as n
    where n.trace_id is not null
    group by n.trace_id, n.tenant_id
),
seen_trace as (
    select distinct e.trace_id, e.tenant_id
    from store.event as e
    where
        e.source_no >= $first
        and e.trace_id is not null
        and (select count(*) > 0 from store.tombstone as t where t.kind = 'trace')
),
known_trace as (
    select s.trace_id, s.tenant_id, t.from_at, t.until_at
    from seen_trace as s
    inner join store.tombstone as t
        on t.kind = 'trace' and t.hash = tombstone_hash('trace', concat_ws('/', s.trace_id, s.tenant_id))
)
select n.source_no, n.line_number, n.record_number, n.trace_id, n.tenant_id, n.occurred_at
from named_event as n
union
select e.source_no, e.line_number, e.record_number, e.trace_id, e.tenant_id, e.occurred_at
from store.event as e
inner join named_trace as t
    on
        t.trace_id = e.trace_id
        and (t.tenant_id is null or e.tenant_id is null or t.tenant_id = e.tenant_id)
        and e.occurred_at between t.from_at and t.until_at
union
select e.source_no, e.line_number, e.record_number, e.trace_id, e.tenant_id, e.occurred_at
from store.event as e
inner join known_trace as t
    on
        t.trace_id = e.trace_id
        and t.tenant_id is not distinct from e.tenant_id
        and e.occurred_at between t.from_at and t.until_at
where e.source_no >= $first
