-- Rows of store.event from what a reader found, each with the id of its context.
--
-- A context that is known has nothing to hide: what would have to be redacted is never found by its
-- hash. So its texts are redacted, which costs more than all the rest, only where it is not known; it
-- then goes along as text (statements/learn_contexts.sql).
insert into store.event by name
with found as (
    {reader}
)
select
    f.* exclude (context),
    case when c.context_id is not null then c.context_id else hash(redact_context(f.context)) end as context_id,
    case when c.context_id is null and f.reject_reason is null then
        to_json(redact_context(f.context))::varchar
    end as context_text
from found as f
left join store.context as c on c.context_id = hash(f.context)
