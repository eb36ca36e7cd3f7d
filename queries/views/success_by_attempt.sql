-- Whether trying again helps: how the first, second … attempt of operations ended, by tenant. Flat and near
-- 0 from the second on, retries are waste.
-- Grain: one row per tenant and number of the attempt, from 1 to 6 and more; and for all tenants together.
--
-- scope: tenant or all
-- tenant_id: caller; NULL for all
-- attempt: number of the attempt in its operation; 6 stands for 6 and more
-- attempts: attempts of this number
-- successes: of these, successes
-- unclassified: of these, attempts only the edge log saw
-- success_ratio: successes / (attempts - unclassified); NULL if there were none
-- success_ratio_low: lower end of its 95 % Wilson interval
-- success_ratio_high: upper end of its 95 % Wilson interval
with

numbered as (
    select
        m.tenant_id,
        1 as attempt,
        sum(m.firsts) as attempts,
        sum(m.firsts - m.first_errors - m.first_unclassified) as successes,
        sum(m.first_unclassified) as unclassified
    from store.tenant_minute as m
    group by all
    union all
    select
        r.tenant_id,
        least(r.attempt, 6) as attempt,
        count(*) as attempts,
        count(*) filter (not r.is_error) as successes,
        count(*) filter (r.is_error is null) as unclassified
    from store.retry as r
    group by all
),

scoped as (
    select
        'tenant' as scope,
        n.tenant_id,
        n.attempt,
        n.attempts,
        n.successes,
        n.unclassified
    from numbered as n
    union all
    select
        'all' as scope,
        null as tenant_id,
        n.attempt,
        sum(n.attempts) as attempts,
        sum(n.successes) as successes,
        sum(n.unclassified) as unclassified
    from numbered as n
    group by all
),

final as (
    select
        s.scope,
        s.tenant_id,
        s.attempt::smallint as attempt,
        s.attempts::bigint as attempts,
        s.successes::bigint as successes,
        s.unclassified::bigint as unclassified,
        s.successes / nullif(s.attempts - s.unclassified, 0) as success_ratio,
        wilson_low(s.successes, s.attempts - s.unclassified) as success_ratio_low,
        wilson_high(s.successes, s.attempts - s.unclassified) as success_ratio_high
    from scoped as s
    order by s.scope, s.tenant_id, s.attempt
)

select * from final
