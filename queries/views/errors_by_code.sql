-- Errors by code, with what the code means and what the caller should do. Only codes that were seen.
-- Grain: one row per error code; one with NULL for errors without a code.
--
-- error_code: numeric code in the body; NULL for errors without one
-- error_type: its name; NULL if undocumented
-- errors: responses with this code
-- share: errors / errors with any code or none
-- operations: distinct operations that met it
-- tenants: distinct tenants that met it
-- first_seen_at: when it was first sent, UTC
-- last_seen_at: when it was last sent, UTC
-- meaning: what it means, in the words of the reference; NULL if undocumented
-- action: what the caller should do, in the words of the reference
with

errors_summary as (
    select
        h.error_code,
        sum(h.responses)::bigint as errors,
        sum(h.first_of_code)::bigint as operations,
        count(distinct h.tenant_id) as tenants,
        min(h.first_sent_at) as first_seen_at,
        max(h.last_sent_at) as last_seen_at
    from store.response_hour as h
    where h.is_error
    group by all
),

final as (
    select
        e.error_code,
        k.error_type,
        e.errors,
        e.errors / (sum(e.errors) over ())::bigint as share,
        e.operations,
        e.tenants,
        e.first_seen_at,
        e.last_seen_at,
        k.meaning,
        k.action
    from errors_summary as e
    left join store.error_code as k on e.error_code = k.error_code
)

select * from final
order by errors desc, error_code
