-- Which customers retried a final error lately?
-- Parameters: hours = 24
select
    tenant_id,
    count(*) as retries,
    count(*) filter (not excusable) as inexcusable,
    count(*) filter (succeeded) as succeeded,
    mode(error_code) as mostly_after,
    max(trace_id) as one_of_them
from retries_of_final_errors
where occurred_at > (select newest_event_at from freshness) - to_hours($hours::integer)
group by tenant_id
order by retries desc, tenant_id
