-- How long each client waits before it tries again, against what the reference asks for: 1, 2 and 4 s
-- after 3001, 3002, a 1007 without retry_after, and wherever the client did not heed the wait it was
-- told; a short delay after other errors that may pass. Retries that waited as told are not in here, nor
-- are those of final errors, nor what HubSpot and Slack repeat.
-- Grain: one row per tenant, pace and step.
--
-- tenant_id: caller
-- pace: growing (1, 2, 4 s) or short
-- step: 1 before the second attempt, 2 before the third, 3 before any later one
-- retries: attempts after such a wait
-- median_wait_s: median of the waits, seconds; at most 3 % too low
-- asked_s: what the reference asks for, seconds; 1 for a short delay
-- pass_s: the median that passes, seconds (parameter backoff_pass_factor)
-- hasty: retries that waited less than that
-- is_hasty: whether surely more than half of them did (Wilson 95 %): the client does not back off here
-- variation: standard deviation of the waits over their mean
with

counted as (
    select
        w.tenant_id, w.pace, w.step, w.wait_ms,
        sum(w.retries) as retries,
        case when w.pace = 'short' or w.step = 1 then 1 when w.step = 2 then 2 else 4 end as asked_s
    from store.conduct_wait as w
    group by w.tenant_id, w.pace, w.step, w.wait_ms
),

placed as (
    select
        c.*,
        parameter_value('backoff_pass_factor') * c.asked_s as pass_s,
        sum(c.retries) over (partition by c.tenant_id, c.pace, c.step order by c.wait_ms) as so_far,
        sum(c.retries) over (partition by c.tenant_id, c.pace, c.step) as total
    from counted as c
),

summed as (
    select
        p.tenant_id, p.pace, p.step, p.asked_s, p.pass_s,
        sum(p.retries)::bigint as retries,
        min(p.wait_ms) filter (where 2 * p.so_far >= p.total) / 1000 as median_wait_s,
        coalesce(sum(p.retries) filter (where p.wait_ms < 1000 * p.pass_s), 0)::bigint as hasty,
        sum(p.retries * p.wait_ms)::double as sum_ms,
        sum(p.retries * p.wait_ms * p.wait_ms)::double as sum_of_squares
    from placed as p
    group by all
)

select
    s.tenant_id,
    s.pace,
    s.step,
    s.retries,
    s.median_wait_s,
    s.asked_s,
    s.pass_s,
    s.hasty,
    wilson_low(s.hasty, s.retries) > 0.5 as is_hasty,
    case when s.sum_ms > 0 then
        sqrt(greatest(0, s.retries * s.sum_of_squares - s.sum_ms * s.sum_ms)) / s.sum_ms
    end as variation
from summed as s
order by s.tenant_id, s.pace, s.step
