-- Clients that retried in a window and whose report card, over everything loaded, finds something to mend: the
-- worst grade first, and of one grade who retried most.
-- Grain: one row per tenant.
with

tried as (
    select
        m.tenant_id,
        sum(m.attempts)::bigint as attempts,
        sum(m.operations)::bigint as operations,
        sum(m.retries)::bigint as retries,
        sum(m.early_retries)::bigint as early_retries,
        sum(m.retries_of_final_errors)::bigint as retries_of_final_errors
    from retry_minutes as m
    where m.minute >= $since and m.minute < $until
    group by all
)

select
    c.tenant_id,
    c.grade,
    c.verdict,
    c.findings,
    t.attempts,
    t.retries,
    t.retries / t.attempts as retry_share,
    t.attempts / nullif(t.operations, 0) as amplification,
    t.early_retries,
    t.retries_of_final_errors
from client_conduct as c
inner join tried as t on c.tenant_id is not distinct from t.tenant_id
where c.verdict in ('misbehaves', 'could improve') and t.retries > 0
order by c.grade desc, t.retries desc, c.tenant_id
