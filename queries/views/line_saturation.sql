-- Phone lines that the application log named as used up when it refused with 4002. Lines never named
-- have no row: the log tells the cap only when it is reached.
-- Grain: one row per tenant, hour and line named.
--
-- tenant_id: caller; NULL if unknown
-- hour: start of the hour in which the requests were received, UTC
-- line: pseudonym of the line, l_ and 16 hex digits, as in view events
-- cap: messages it may send in an hour, as named
-- used: messages it had sent, the most that was named
-- utilisation: used / cap
-- filled_at: when it was full, UTC: see filled_basis; NULL if it was never named as full
-- filled_basis: delivery: the request was received with whose delivery it reached its cap; refusal: the
--   first refusal that named it as full, at or after the true moment, since the log has fewer deliveries than cap
-- refusals: refusals that named it
-- sends: messages logged as delivered by it
select
    l.tenant_id,
    l.hour,
    'l_' || printf('%016x', l.line_id) as line,
    l.cap,
    l.used,
    l.used / nullif(l.cap, 0) as utilisation,
    case when l.first_named_at is not null then least(l.first_named_at, l.cap_reached_at) end as filled_at,
    case
        when l.first_named_at is null then null
        when l.cap_reached_at <= l.first_named_at then 'delivery'
        else 'refusal'
    end as filled_basis,
    l.refusals,
    l.sends
from store.line_hour as l
