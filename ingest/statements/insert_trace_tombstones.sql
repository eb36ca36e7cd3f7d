-- Traces that are erased now, so that a line of theirs that names nobody stays out, too. Both with
-- their tenant and without, since some logs do not know the tenant.
insert into store.tombstone
with trace as (
    select e.trace_id, e.tenant_id, e.occurred_at from erased_event as e where e.trace_id is not null
    union all
    select e.trace_id, null as tenant_id, e.occurred_at from erased_event as e where e.trace_id is not null
),
tombstone as (
    select
        tombstone_hash('trace', concat_ws('/', t.trace_id, t.tenant_id)) as hash,
        date_trunc('hour', min(t.occurred_at)) - interval 1 hour as from_at,
        date_trunc('hour', max(t.occurred_at)) + interval 2 hours as until_at
    from trace as t
    group by t.trace_id, t.tenant_id
)
select 'trace' as kind, s.hash, s.from_at, s.until_at
from tombstone as s
where not exists (
    select 1
    from store.tombstone as t
    where t.kind = 'trace' and t.hash = s.hash and t.from_at <= s.from_at and t.until_at >= s.until_at
)
