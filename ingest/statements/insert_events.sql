-- Rows of store.event from what a reader found, each with the id of its context.
--
-- A context that is known has nothing to hide: what would have to be redacted is never found by its
-- hash. So its texts are redacted, which costs more than all the rest, only where it is not known; it
-- then goes along as text (statements/learn_contexts.sql).
insert into store.event by name
with found as (
    {reader}
),
known as (
    select
        f.*,
        c.context_id,
        case when c.context_id is null then redact_context(f.context) end as redacted
    from found as f
    left join store.context as c on c.context_id = hash(f.context)
)
select
    k.* exclude (context, context_id, redacted),
    coalesce(k.context_id, hash(k.redacted)) as context_id,
    case when k.context_id is null and k.reject_reason is null then to_json(k.redacted)::varchar end as context_text
from known as k
