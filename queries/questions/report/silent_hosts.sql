-- Hosts that answered in the window before and not in this one: a log that is no longer collected looks like
-- that, and so does a machine that was taken away.
-- Grain: one row per host.
-- Parameters: before_since, before_until, since, until
select
    h.host,
    sum(h.responses)::bigint as responses_before,
    max(h.hour) as last_hour
from errors_by_host as h
where h.hour >= date_trunc('hour', $before_since::timestamp) and h.hour < $until and h.host is not null
group by all
having max(h.hour) < date_trunc('hour', $since::timestamp)
order by responses_before desc, h.host
