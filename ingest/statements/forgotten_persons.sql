-- Tenants and numbers among the events of sources from $first on that were forgotten.
create or replace temp table forgotten_person as
with seen as (
    select 'tenant' as kind, e.tenant_id, null::ubigint as number
    from store.event as e
    where e.source_no >= $first and e.tenant_id is not null
    union
    select 'recipient' as kind, null as tenant_id, e.recipient as number
    from store.event as e
    where e.source_no >= $first and e.recipient is not null
    union
    select 'recipient' as kind, null as tenant_id, e.line_id as number
    from store.event as e
    where e.source_no >= $first and e.line_id is not null
    union
    select 'recipient' as kind, null as tenant_id, unnest([state.line for state in e.lines]) as number
    from store.event as e
    where e.source_no >= $first and e.lines is not null
    union
    select 'recipient' as kind, null as tenant_id, unnest(numbers_in_path(e.url_path)) as number
    from store.event as e
    where e.source_no >= $first and contains(e.url_path, '[')
)
select s.kind, s.tenant_id, s.number, max(t.until_at) as until_at
from seen as s
inner join store.tombstone as t
    on t.kind = s.kind and t.hash = tombstone_hash(s.kind, coalesce(s.tenant_id, s.number::varchar))
group by s.kind, s.tenant_id, s.number
