-- What retries cost each tenant and what they repaired, over everything loaded. An operation that is open has no
-- end yet: ratios of how operations ended leave it out, on both sides.
-- Grain: one row per tenant, and one for all tenants together.
--
-- scope: tenant or all
-- tenant_id: caller; NULL for all
-- operations: operations
-- attempts: their attempts
-- retries: attempts after the first
-- retried_operations: operations with a retry
-- amplification: attempts / operations
-- retry_share: retries / attempts
-- retries_per_operation: retries / operations: additional traffic, as service meshes count it
-- actual_success_ratio: attempts that succeeded / attempts, unclassified ones left out: what the servers see
-- effective_success_ratio: operations that succeeded / operations that ended in a known way: what the
--   customer sees
-- failed_first: operations with a known end of which the first attempt did not succeed
-- succeeded_later: of these, those that a retry made succeed
-- eventual_success_ratio: succeeded_later / failed_first; NULL if there were none
-- gave_up: of failed_first, those that ended with an error that might have been retried
-- give_up_ratio: gave_up / failed_first; NULL if there were none
-- open: operations to which another attempt may still belong
-- wasted_attempts: attempts less the one that succeeded, of all operations but those of which only the edge log
--   saw the last answer
-- futile_attempts: retries that followed an answer with retryable = false
-- early_retries: retries sent sooner than told
-- attempts_p50: half of all operations had at most so many attempts
-- attempts_p95: 95 % of all operations had at most so many attempts
-- attempts_max: most attempts of one operation
-- has_no_cap: whether an operation had more than max_attempts attempts
-- over_budget: retries that a budget of retry_budget_share per tenant and minute would have refused
-- over_high_budget: retries that a budget of retry_budget_high_share would have refused
-- keyed_share: attempts whose chain rests on idempotency_key / attempts
-- declared_share: attempts whose chain rests on attempt_header / attempts
-- fingerprint_share: attempts whose chain is inferred from fingerprint / attempts
-- weak_fingerprint_share: attempts whose chain is inferred from weak_fingerprint, an upper bound, / attempts
-- identifiable_share: 1 - weak_fingerprint_share
with

attempted as (
    select
        m.tenant_id,
        sum(m.firsts) as operations,
        sum(m.attempts) as attempts,
        sum(m.retries) as retries,
        sum(m.errors) as errors,
        sum(m.unclassified) as unclassified,
        sum(m.succeeded_operations) as succeeded_operations,
        sum(m.unknown_operations) as unknown_operations,
        sum(m.retries_of_final_errors) as futile_attempts,
        sum(m.early_retries) as early_retries,
        sum(over_budget(m.retries, m.firsts, parameter_value('retry_budget_share')))
            as over_budget,
        sum(over_budget(m.retries, m.firsts, parameter_value('retry_budget_high_share')))
            as over_high_budget,
        sum(m.keyed_attempts) as keyed_attempts,
        sum(m.declared_attempts) as declared_attempts,
        sum(m.weak_attempts) as weak_attempts
    from store.tenant_minute as m
    group by all
),

-- All operations but those that succeeded at once: these are nearly all, and tell nothing more.
unlucky as (
    select
        o.tenant_id,
        o.attempts,
        operation_outcome(o.succeeded, o.last_retryable, o.closes_at) as outcome,
        count(*) as operations
    from store.operation as o
    where o.attempts > 1 or not coalesce(o.succeeded, false)
    group by all
),

ended as (
    select
        u.tenant_id,
        coalesce(sum(u.operations) filter (u.attempts > 1), 0) as retried_operations,
        coalesce(sum(u.operations) filter (u.outcome = 'succeeded'), 0) as succeeded_later,
        coalesce(sum(u.operations) filter (u.outcome = 'gave_up'), 0) as gave_up,
        coalesce(sum(u.operations) filter (u.outcome = 'final_error'), 0) as final_error,
        coalesce(sum(u.operations) filter (u.outcome = 'open'), 0) as open,
        coalesce(sum(
            u.operations * (u.attempts - (u.outcome = 'succeeded')::integer)
        ) filter (u.outcome is not null), 0) as wasted_attempts
    from unlucky as u
    group by all
),

added as (
    select
        a.*,
        coalesce(e.retried_operations, 0) as retried_operations,
        coalesce(e.succeeded_later, 0) as succeeded_later,
        coalesce(e.gave_up, 0) as gave_up,
        coalesce(e.final_error, 0) as final_error,
        coalesce(e.open, 0) as open,
        coalesce(e.wasted_attempts, 0) as wasted_attempts
    from attempted as a
    left join ended as e on a.tenant_id is not distinct from e.tenant_id
),

scoped as (
    select 'tenant' as scope, a.* from added as a
    union all
    select
        'all' as scope,
        null as tenant_id,
        sum(columns(lambda name: name <> 'tenant_id'))
    from added
    having count(*) > 0
),

-- How many operations had how many attempts; those that succeeded at once are what is left over.
lengths as (
    select 'tenant' as scope, u.tenant_id, u.attempts, sum(u.operations) as operations
    from unlucky as u
    where u.attempts > 1
    group by all
    union all
    select 'all' as scope, null as tenant_id, u.attempts, sum(u.operations) as operations
    from unlucky as u
    where u.attempts > 1
    group by all
    union all
    select s.scope, s.tenant_id, 1 as attempts, s.operations - s.retried_operations as operations
    from scoped as s
),

ranked as (
    select
        n.scope,
        n.tenant_id,
        n.attempts,
        sum(n.operations) over (partition by n.scope, n.tenant_id order by n.attempts) as reached,
        sum(n.operations) over (partition by n.scope, n.tenant_id) as operations
    from lengths as n
    where n.operations > 0
),

spread as (
    select
        r.scope,
        r.tenant_id,
        min(r.attempts) filter (2 * r.reached >= r.operations) as attempts_p50,
        min(r.attempts) filter (20 * r.reached >= 19 * r.operations) as attempts_p95,
        max(r.attempts) as attempts_max
    from ranked as r
    group by all
),

final as (
    select
        s.scope,
        s.tenant_id,
        s.operations::bigint as operations,
        s.attempts::bigint as attempts,
        s.retries::bigint as retries,
        s.retried_operations::bigint as retried_operations,
        s.attempts / nullif(s.operations, 0) as amplification,
        s.retries / s.attempts as retry_share,
        s.retries / nullif(s.operations, 0) as retries_per_operation,
        (s.attempts - s.errors - s.unclassified) / nullif(s.attempts - s.unclassified, 0)
            as actual_success_ratio,
        s.succeeded_operations / nullif(s.operations - s.unknown_operations - s.open, 0)
            as effective_success_ratio,
        (s.succeeded_later + s.gave_up + s.final_error)::bigint as failed_first,
        s.succeeded_later::bigint as succeeded_later,
        s.succeeded_later / nullif(s.succeeded_later + s.gave_up + s.final_error, 0)
            as eventual_success_ratio,
        s.gave_up::bigint as gave_up,
        s.gave_up / nullif(s.succeeded_later + s.gave_up + s.final_error, 0) as give_up_ratio,
        s.open::bigint as open,
        s.wasted_attempts::bigint as wasted_attempts,
        s.futile_attempts::bigint as futile_attempts,
        s.early_retries::bigint as early_retries,
        p.attempts_p50,
        p.attempts_p95,
        p.attempts_max,
        p.attempts_max > parameter_value('max_attempts') as has_no_cap,
        s.over_budget,
        s.over_high_budget,
        s.keyed_attempts / s.attempts as keyed_share,
        s.declared_attempts / s.attempts as declared_share,
        (s.attempts - s.keyed_attempts - s.declared_attempts - s.weak_attempts) / s.attempts
            as fingerprint_share,
        s.weak_attempts / s.attempts as weak_fingerprint_share,
        1 - s.weak_attempts / s.attempts as identifiable_share
    from scoped as s
    left join spread as p on s.scope = p.scope and s.tenant_id is not distinct from p.tenant_id
    order by s.scope, s.tenant_id
)

select * from final
