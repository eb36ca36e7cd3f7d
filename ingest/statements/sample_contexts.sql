-- The contexts of a sample of the lines that a reader is about to load.
insert into store.context by name
with found as (
    {reader}
),
redacted as (
    select distinct redact_context(sampled.context) as context
    from (select distinct f.context from found as f where f.reject_reason is null) as sampled
),
identified as (
    select hash(r.context) as context_id, r.context
    from redacted as r
)
select i.context_id, unnest(i.context)
from identified as i
where i.context_id not in (select c.context_id from store.context as c)
