-- What changed between two periods: operations that met an error, by group, as rates with an interval and a
-- test. Operations, not attempts: the attempts of one are not independent. Errors of one incident hang
-- together too, so p-values are too small for a single burst; the test sorts out noise, it proves no cause.
-- The dimension is error_code (the first error of the operation), tenant_id, http_route or surface; the exposure
-- is time (errors per hour) or operations (share of the operations of the period; of their own for tenants,
-- routes and surfaces). Columns are group_value; before_errors, before_exposure, after_errors, after_exposure
-- (operations with an error; hours or operations); rate_ratio (after / before; NULL if there was none before);
-- rate_ratio_low, rate_ratio_high (95 %, from the Wilson interval of the share that lies in the second period; no
-- upper end if there was none before); p_value; q_value (Benjamini-Hochberg over all groups); verdict (up, down,
-- no change shown if q_value is above movers_q_max); basis (exact test, conditional on the sum, up to
-- movers_exact_max errors; else normal approximation).
-- Use: select * from movers('2026-11-20', '2026-11-21', '2026-11-21', '2026-11-22', dimension := 'tenant_id').
-- Parameters: before_from, before_to, after_from, after_to, dimension := 'error_code', exposure := 'time'
with

-- Each mention of a parameter would be planned as a query of its own.
judged_by as (
    select
        parameter_value('movers_exact_max') as exact_max,
        parameter_value('movers_q_max') as q_max,
        (epoch_us(before_to::timestamp) - epoch_us(before_from::timestamp)) / 3600000000 as before_hours,
        (epoch_us(after_to::timestamp) - epoch_us(after_from::timestamp)) / 3600000000 as after_hours
),

operation as (
    select
        o.first_at >= after_from::timestamp and o.first_at < after_to::timestamp as is_after,
        case dimension
            when 'error_code' then o.first_error_code::varchar
            when 'tenant_id' then o.tenant_id
            when 'http_route' then o.http_route
            when 'surface' then o.surface
            else error('movers: dimension is error_code, tenant_id, http_route or surface')
        end as group_value,
        o.first_error_code is not null or coalesce(not o.succeeded, false) as has_error
    from store.operation as o
    where
        -- The whole stretch, which lets DuckDB skip all else; and of it the two periods.
        o.first_at >= least(before_from::timestamp, after_from::timestamp)
        and o.first_at < greatest(before_to::timestamp, after_to::timestamp)
        and (
            o.first_at >= before_from::timestamp and o.first_at < before_to::timestamp
            or o.first_at >= after_from::timestamp and o.first_at < after_to::timestamp
        )
        -- What went well is exposure at most.
        and (exposure != 'time' or o.first_error_code is not null or not o.succeeded)
),

grouped as (
    select
        o.group_value,
        count(*) filter (o.has_error and not o.is_after) as before_errors,
        count(*) filter (o.has_error and o.is_after) as after_errors,
        count(*) filter (not o.is_after) as before_operations,
        count(*) filter (o.is_after) as after_operations
    from operation as o
    group by o.group_value
),

exposed as (
    select
        g.group_value,
        g.before_errors,
        g.after_errors,
        j.exact_max,
        j.q_max,
        case
            when exposure = 'time' then j.before_hours
            when exposure != 'operations' then error('movers: exposure is time or operations')
            when dimension = 'error_code' then sum(g.before_operations) over ()
            else g.before_operations
        end::double as before_exposure,
        case
            when exposure = 'time' then j.after_hours
            when dimension = 'error_code' then sum(g.after_operations) over ()
            else g.after_operations
        end::double as after_exposure
    from grouped as g
    cross join judged_by as j
),

-- Given their sum, the errors of the second period are binomial: each falls into it with this chance
-- if nothing changed.
conditional as (
    select
        e.*,
        e.before_errors + e.after_errors as errors,
        e.after_exposure / (e.before_exposure + e.after_exposure) as chance
    from exposed as e
    where e.before_errors + e.after_errors > 0 and e.before_exposure > 0 and e.after_exposure > 0
),

expected as (
    select
        c.*,
        c.errors * c.chance as expected_errors,
        c.errors <= c.exact_max as is_exact
    from conditional as c
),

deviating as (
    select
        e.*,
        (e.after_errors - e.expected_errors) / sqrt(e.expected_errors * (1 - e.chance)) as deviate
    from expected as e
),

tested as (
    select
        d.*,
        case
            when d.is_exact then binomial_p(d.after_errors, d.errors, d.chance)
            else normal_p(d.deviate)
        end as p_value,
        wilson_low(d.after_errors, d.errors) as share_low,
        wilson_high(d.after_errors, d.errors) as share_high
    from deviating as d
),

ranked as (
    select
        t.*,
        t.p_value * count(*) over () / row_number() over (order by t.p_value, t.group_value) as stepped
    from tested as t
),

adjusted as (
    select
        r.*,
        least(1, min(r.stepped) over (order by r.p_value desc, r.group_value desc)) as q_value
    from ranked as r
),

final as (
    select
        a.group_value,
        a.before_errors,
        a.before_exposure,
        a.after_errors,
        a.after_exposure,
        a.after_errors / a.after_exposure / (nullif(a.before_errors, 0) / a.before_exposure) as rate_ratio,
        a.share_low / nullif(1 - a.share_low, 0) * a.before_exposure / a.after_exposure as rate_ratio_low,
        case when a.before_errors > 0 then
            a.share_high / nullif(1 - a.share_high, 0) * a.before_exposure / a.after_exposure
        end as rate_ratio_high,
        a.p_value,
        a.q_value,
        case
            when a.q_value > a.q_max then 'no change shown'
            when a.after_errors > a.expected_errors then 'up'
            else 'down'
        end as verdict,
        case when a.is_exact then 'exact test' else 'normal approximation' end
            || ', errors per '
            || case exposure when 'time' then 'hour' else 'operation' end as basis
    from adjusted as a
)

select * from final
order by q_value, p_value, group_value
