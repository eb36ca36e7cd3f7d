-- Errors by the retryable flag as sent, beside the reference's default for their code: where the two
-- differ, a route overrides the default.
-- Grain: one row per retryable as sent and default.
--
-- retryable: as sent, authoritative; NULL if the body lost it
-- retryable_default: the reference's default for the code; NULL without a code or if undocumented
-- errors: errors
-- share: errors / all errors
-- operations: distinct operations that met one
-- tenants: distinct tenants that met one
-- first_seen_at: when the first was sent, UTC
-- last_seen_at: when the last was sent, UTC
with

errors_summary as (
    select
        r.retryable,
        k.retryable as retryable_default,
        count(*) as errors,
        count(distinct r.operation_id) as operations,
        count(distinct r.tenant_id) as tenants,
        min(r.occurred_at) as first_seen_at,
        max(r.occurred_at) as last_seen_at
    from store.response as r
    left join store.error_code as k on r.error_code = k.error_code
    where r.is_error
    group by all
),

final as (
    select
        e.retryable,
        e.retryable_default,
        e.errors,
        e.errors / (sum(e.errors) over ())::bigint as share,
        e.operations,
        e.tenants,
        e.first_seen_at,
        e.last_seen_at
    from errors_summary as e
)

select * from final
order by errors desc, retryable, retryable_default
