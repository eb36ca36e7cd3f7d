-- Responses and errors by API surface: the four documented ones, with 0 where nothing happened, and
-- any other that was seen.
-- Grain: one row per surface.
--
-- surface: API surface
-- responses: responses, unclassified included
-- errors: responses whose body reports an error
-- error_ratio: errors / (responses - unclassified); NULL if there were none
-- error_ratio_low: lower end of its 95 % Wilson interval
-- error_ratio_high: upper end of its 95 % Wilson interval
-- logical_failures: errors under a 2xx status, which HTTP monitoring misses
-- retryable_errors: errors sent with retryable = true
-- final_errors: errors sent with retryable = false
-- operations: distinct operations that met an error
-- tenants: distinct tenants that met an error
-- unclassified: responses only the edge log saw, which cannot know whether they are errors
with

counted as (
    select
        h.surface,
        sum(h.responses)::bigint as responses,
        coalesce(sum(h.responses) filter (h.is_error is null), 0)::bigint as unclassified
    from store.response_hour as h
    group by all
),

errors_summary as (
    select
        r.surface,
        count(*) as errors,
        count(*) filter (r.http_status between 200 and 299) as logical_failures,
        count(*) filter (r.retryable) as retryable_errors,
        count(*) filter (not r.retryable) as final_errors,
        count(distinct r.operation_id) as operations,
        count(distinct r.tenant_id) as tenants
    from store.response as r
    where r.is_error
    group by all
),

filled as (
    select
        s.surface,
        coalesce(c.responses, 0) as responses,
        coalesce(c.unclassified, 0) as unclassified,
        coalesce(e.errors, 0) as errors,
        coalesce(e.logical_failures, 0) as logical_failures,
        coalesce(e.retryable_errors, 0) as retryable_errors,
        coalesce(e.final_errors, 0) as final_errors,
        coalesce(e.operations, 0) as operations,
        coalesce(e.tenants, 0) as tenants
    from seen_surfaces as s
    left join counted as c on s.surface = c.surface
    left join errors_summary as e on s.surface = e.surface
),

final as (
    select
        f.surface,
        f.responses,
        f.errors,
        f.errors / nullif(f.responses - f.unclassified, 0) as error_ratio,
        wilson_low(f.errors, f.responses - f.unclassified) as error_ratio_low,
        wilson_high(f.errors, f.responses - f.unclassified) as error_ratio_high,
        f.logical_failures,
        f.retryable_errors,
        f.final_errors,
        f.operations,
        f.tenants,
        f.unclassified
    from filled as f
)

select * from final
order by errors desc, surface
