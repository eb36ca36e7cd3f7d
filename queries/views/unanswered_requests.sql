-- Requests of which no log holds an answer: the process died, the client left, or the logs were cut.
-- Grain: one row per trace with only request or internal events.
--
-- trace_id: correlation id
-- first_at: its first event, UTC
-- last_at: its last event, UTC
-- tenant_id: caller
-- surface: API surface
-- http_method: request method
-- http_route: route template
-- url_path: path without query, personal data replaced
-- events: events of the trace
-- last_event: kind of the last event
-- service_version: version of the service that received it
-- host: its host
with

pending as (
    select distinct p.trace_id
    from store.unanswered as p
    where not exists (
        select 1 from store.response as r where r.trace_id = p.trace_id
    )
),

unanswered as (
    select e.*, c.event, c.surface, c.http_method, c.http_route, c.service_version, c.host
    from store.event as e
    inner join store.context as c on c.context_id = e.context_id
    where
        e.trace_id in (select p.trace_id from pending as p)
        and c.event is distinct from 'response.sent'
)

select
    u.trace_id,
    min(u.occurred_at) as first_at,
    max(u.occurred_at) as last_at,
    min(u.tenant_id) as tenant_id,
    min(u.surface) as surface,
    min(u.http_method) as http_method,
    min(u.http_route) as http_route,
    min(u.url_path) as url_path,
    count(*) as events,
    arg_max(u.event, (u.occurred_at, u.line_number)) as last_event,
    min(u.service_version) as service_version,
    min(u.host) as host
from unanswered as u
group by u.trace_id
