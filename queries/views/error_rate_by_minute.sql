-- Error ratios by minute and surface, with 95 % Wilson intervals. Minutes in which nothing happened have
-- rows with 0, from the first response to the last; their ratios are NULL.
-- Grain: one row per minute and surface.
--
-- minute: start of the minute in which the responses were sent, UTC
-- surface: API surface
-- responses: responses, unclassified included
-- errors: responses whose body reports an error
-- error_ratio: errors / (responses - unclassified); NULL if there were none
-- error_ratio_low: lower end of its 95 % Wilson interval
-- error_ratio_high: upper end of its 95 % Wilson interval
-- operations: operations, each counted once, in the minute of its first attempt
-- failed_operations: of these, those that ended in gave_up or final_error
-- client_errors: errors of class client or auth
-- platform_errors: errors of class platform or delivery
-- capacity_errors: errors of class capacity (1007 and 4002)
-- unclassified_errors: errors without a code or with an undocumented one
-- logical_failures: errors under a 2xx status
-- unclassified: responses only the edge log saw, which cannot know whether they are errors
with

grid as (
    select
        unnest(range(
            greatest(date_trunc('minute', d.first_at), d.day::timestamp),
            least(d.last_at, d.day::timestamp + interval 1 day - interval 1 microsecond)
                + interval 1 microsecond,
            interval 1 minute
        )) as minute,
        s.surface
    from days_with_rows as d
    cross join seen_surfaces as s
),

filled as (
    select
        g.minute,
        g.surface,
        coalesce(c.responses, 0) as responses,
        coalesce(c.unclassified, 0) as unclassified,
        coalesce(c.errors, 0) as errors,
        coalesce(c.operations, 0) as operations,
        coalesce(c.failed_operations, 0) as failed_operations,
        coalesce(c.client_errors, 0) as client_errors,
        coalesce(c.platform_errors, 0) as platform_errors,
        coalesce(c.capacity_errors, 0) as capacity_errors,
        coalesce(c.unclassified_errors, 0) as unclassified_errors,
        coalesce(c.logical_failures, 0) as logical_failures
    from grid as g
    left join error_counts('minute') as c on g.minute = c.period and g.surface = c.surface
),

final as (
    select
        f.minute,
        f.surface,
        f.responses,
        f.errors,
        f.errors / nullif(f.responses - f.unclassified, 0) as error_ratio,
        wilson_low(f.errors, f.responses - f.unclassified) as error_ratio_low,
        wilson_high(f.errors, f.responses - f.unclassified) as error_ratio_high,
        f.operations,
        f.failed_operations,
        f.client_errors,
        f.platform_errors,
        f.capacity_errors,
        f.unclassified_errors,
        f.logical_failures,
        f.unclassified
    from filled as f
)

select * from final
