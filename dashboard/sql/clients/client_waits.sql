-- How long one client waits where it has to choose itself. Grain: one row per pace and step.
-- Parameters: client
select
    w.pace,
    w.step,
    w.retries,
    w.median_wait_s,
    w.asked_s,
    w.pass_s,
    w.hasty,
    w.hasty / w.retries as hasty_share,
    w.is_hasty
from kept.conduct_waits as w
where w.tenant_id = $client
order by w.pace, w.step
