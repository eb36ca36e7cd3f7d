-- Responses and errors summed by minute or by hour, tenant, surface and kind of answer: what the error rates
-- are summed from, and any other rate over time can be. Times are when responses were sent, UTC. Columns are
-- starts_at; tenant_id; surface; is_error (NULL: only the edge saw it); error_code; retryable; http_route (of
-- errors only); responses; first_attempts; first_of_code (errors that are the first of their code in their
-- operation, so that its sum is operations that met the code); logical_failures; failed_retryable,
-- failed_final, failed_unsaid (operations begun by these that did not succeed, by the flag of their last
-- answer; those still open are among them, and view open_operations has these); first_sent_at; last_sent_at; last_trace_id
-- (of errors only).
-- Use: select sum(responses) from response_sums('hour') where starts_at >= '2026-11-21'.
-- Parameters: unit
select m.minute as starts_at, m.* exclude (minute)
from store.response_minute as m
where unit = 'minute'
union all
select h.hour as starts_at, h.* exclude (hour)
from store.response_hour as h
where case unit when 'hour' then true when 'minute' then false else error('response_sums: unit is minute or hour') end
