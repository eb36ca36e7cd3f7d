-- Whether trying again helps one client. Grain: one row per number of the attempt; 6 is 6 and more.
-- Parameters: client
select
    a.attempt,
    a.attempts,
    a.successes,
    a.unclassified,
    a.success_ratio,
    a.success_ratio_low,
    a.success_ratio_high
from kept.success_by_attempt as a
where a.scope = 'tenant' and a.tenant_id = $client
order by a.attempt
