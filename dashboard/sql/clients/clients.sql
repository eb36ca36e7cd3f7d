-- Every client's report card, gravest first, over everything loaded. Grain: one row per tenant.
with

counted as (
    select
        m.tenant_id,
        sum(m.attempts) / nullif(sum(m.operations), 0)::bigint as amplification,
        sum(m.retries)::bigint as all_retries
    from kept.retry_hours as m
    group by all
),

stormy as (
    select
        s.tenant_id,
        count(*) filter (s.verdict <> 'top-of-hour herd') as storms,
        count(*) filter (s.verdict = 'top-of-hour herd') as herds
    from kept.retry_storms as s
    group by all
)

select
    c.tenant_id,
    c.grade,
    c.verdict,
    c.findings,
    c.responses,
    c.operations,
    c.retries,
    c.weak_retries,
    c.judged,
    n.amplification,
    coalesce(s.storms, 0) as storms,
    coalesce(s.herds, 0) as herds,
    c.first_hour,
    c.last_hour,
    c.paragraph
from kept.client_conduct as c
left join counted as n on c.tenant_id = n.tenant_id
left join stormy as s on c.tenant_id = s.tenant_id
order by
    list_position(['misbehaves', 'could improve', 'good', 'not judged'], c.verdict),
    c.grade desc nulls last, c.retries desc, c.tenant_id
