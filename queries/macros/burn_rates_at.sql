-- How fast the error budget burned at a moment. Columns as in view burn_rates.
-- Use: select * from burn_rates_at(timestamp '2026-11-21 10:20').
-- Parameters: moment
with

rules as (
    select
        'fast' as rule,
        'page' as action,
        parameter_value('burn_fast') as burn_limit,
        parameter_value('burn_fast_window_h') as window_h
    union all
    select
        'medium' as rule,
        'page' as action,
        parameter_value('burn_medium') as burn_limit,
        parameter_value('burn_medium_window_h') as window_h
    union all
    select
        'slow' as rule,
        'ticket' as action,
        parameter_value('burn_slow') as burn_limit,
        parameter_value('burn_slow_window_h') as window_h
),

span as (
    select moment::timestamp - to_minutes((60 * longest.window_h)::bigint) as from_at
    from (select max(r.window_h) as window_h from rules as r) as longest
),

-- Materialized, so that nothing is looked up for operations that are too old; compared with one value, so
-- that DuckDB need not read them.
recent as materialized (
    select
        o.first_at,
        o.succeeded,
        o.last_retryable,
        o.closes_at,
        o.last_error_code
    from store.operation as o
    where
        o.first_at <= moment::timestamp
        and o.first_at > (select s.from_at from span as s)
),

operation as (
    select
        o.first_at,
        operation_outcome(o.succeeded, o.last_retryable, o.closes_at) as outcome,
        coalesce(c.error_class in ('platform', 'delivery') or c.error_code = 4002, false) as is_ours
    from recent as o
    left join store.error_code as c on o.last_error_code = c.error_code
),

-- Summed by minute once, so that six windows need not read the operations six times.
minutes as (
    select
        (epoch_us(moment::timestamp) - epoch_us(o.first_at)) // 60000000 as minutes_ago,
        count(*) filter (o.outcome in ('succeeded', 'gave_up', 'final_error')) as operations,
        count(*) filter (o.outcome in ('gave_up', 'final_error')) as failed_operations,
        count(*) filter (o.outcome in ('gave_up', 'final_error') and o.is_ours) as our_failures,
        count(*) filter (o.outcome = 'open') as open_operations
    from operation as o
    group by all
),

-- The short window is a twelfth of the long one: it ends the alert soon after the trouble.
summed as (
    select
        r.*,
        coalesce(sum(m.operations), 0)::bigint as operations,
        coalesce(sum(m.failed_operations), 0)::bigint as failed_operations,
        coalesce(sum(m.our_failures), 0)::bigint as our_failures,
        coalesce(sum(m.open_operations), 0)::bigint as open_operations,
        coalesce(sum(m.operations) filter (m.minutes_ago < 5 * r.window_h), 0)::bigint as short_operations,
        coalesce(sum(m.our_failures) filter (m.minutes_ago < 5 * r.window_h), 0)::bigint as short_our_failures
    from rules as r
    left join minutes as m on m.minutes_ago < 60 * r.window_h
    group by all
),

final as (
    select
        s.rule,
        s.action,
        moment::timestamp as as_of,
        s.burn_limit,
        s.window_h,
        s.window_h * 5 as short_window_min,
        s.operations,
        s.failed_operations,
        s.our_failures,
        s.open_operations,
        s.our_failures / nullif(s.operations, 0) / (1 - parameter_value('slo_success')) as burn_rate,
        wilson_low(s.our_failures, s.operations) / (1 - parameter_value('slo_success')) as burn_rate_low,
        wilson_high(s.our_failures, s.operations) / (1 - parameter_value('slo_success')) as burn_rate_high,
        s.short_operations,
        s.short_our_failures,
        s.short_our_failures / nullif(s.short_operations, 0) / (1 - parameter_value('slo_success'))
            as short_burn_rate,
        s.our_failures / nullif(s.operations, 0) / (1 - parameter_value('slo_success'))
            * s.window_h / (24 * parameter_value('slo_window_days')) as budget_share,
        s.our_failures < parameter_value('burn_min_failures') as is_low_traffic
    from summed as s
)

select
    f.*,
    coalesce(f.burn_rate > f.burn_limit and f.short_burn_rate > f.burn_limit and not f.is_low_traffic, false) as fires
from final as f
order by f.window_h
