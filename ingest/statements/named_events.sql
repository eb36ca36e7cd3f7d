-- Events of sources from $first on that name a forgotten tenant or number.
create or replace temp table named_event as
with place as (
    select e.source_no, e.line_number, e.record_number, e.trace_id, e.tenant_id, e.occurred_at
    from store.event as e
    inner join forgotten_person as p on p.tenant_id = e.tenant_id and e.occurred_at <= p.until_at
    where e.source_no >= $first
    union
    select e.source_no, e.line_number, e.record_number, e.trace_id, e.tenant_id, e.occurred_at
    from store.event as e
    inner join forgotten_person as p on p.number = e.recipient and e.occurred_at <= p.until_at
    where e.source_no >= $first
    union
    select e.source_no, e.line_number, e.record_number, e.trace_id, e.tenant_id, e.occurred_at
    from store.event as e
    inner join forgotten_person as p on p.number = e.line_id and e.occurred_at <= p.until_at
    where e.source_no >= $first
    union
    select e.source_no, e.line_number, e.record_number, e.trace_id, e.tenant_id, e.occurred_at
    from store.event as e
    inner join forgotten_person as p
        on list_contains([state.line for state in e.lines], p.number) and e.occurred_at <= p.until_at
    where e.source_no >= $first and e.lines is not null
    union
    select e.source_no, e.line_number, e.record_number, e.trace_id, e.tenant_id, e.occurred_at
    from store.event as e
    inner join forgotten_person as p
        on list_contains(numbers_in_path(e.url_path), p.number) and e.occurred_at <= p.until_at
    where e.source_no >= $first and contains(e.url_path, '[')
)
select * from place
