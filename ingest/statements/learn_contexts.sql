-- The contexts that only the new events themselves have brought.
insert into store.context by name
with brought as (
    select distinct e.context_id, e.context_text
    from store.event as e
    where
        e.source_no >= $first
        and e.context_text is not null
        and e.context_id not in (select c.context_id from store.context as c)
),
read as (
    select
        b.context_id,
        from_json(b.context_text, '{
            "log": "VARCHAR", "event": "VARCHAR", "level": "VARCHAR", "surface": "VARCHAR",
            "service": "VARCHAR", "service_version": "VARCHAR", "host": "VARCHAR",
            "http_method": "VARCHAR", "http_route": "VARCHAR", "delivery_service": "VARCHAR",
            "internal_code": "VARCHAR", "error_type": "VARCHAR"
        }') as context
    from brought as b
)
select r.context_id, unnest(r.context)
from read as r
