-- Did a deploy do it? Each service version against the other versions that answered in the same hours of its first
-- day (deploy_window_h), hour by hour (Mantel-Haenszel), so that neither the time of day nor an outage that hits
-- all versions alike is taken for a fault of the new one. Responses, not operations: a retry may meet
-- another version than the attempt before it.
-- Grain: one row per service version.
--
-- service_version: version of the answering service
-- first_hour: first hour with a response of it in the data loaded, UTC
-- last_hour: last such hour, UTC
-- is_deploy_seen: other versions answered before first_hour: it is newer than the data
-- responses: its responses, all hours
-- errors: its errors, all hours
-- hours_shared: hours of its first day in which other versions answered too
-- shared_responses: its responses in these hours, unclassified ones excepted
-- shared_server_errors: its server errors in these hours: of class platform or delivery, or uncoded with a status of
--   500 or more
-- others_shared_responses: responses of the other versions in these hours
-- others_shared_server_errors: their server errors
-- risk_ratio: how many times more often a response of this version is a server error, hour by hour; NULL where the
--   others had none or no hour is shared
-- risk_ratio_low: lower end of its 95 % interval (Greenland and Robins)
-- risk_ratio_high: upper end of its 95 % interval
-- p_value: chance of a difference this large if the versions are alike (Cochran-Mantel-Haenszel, normal approximation)
-- verdict: worse or better if p_value is at most movers_q_max; no difference shown; cannot tell: fewer than
--   deploy_min_errors server errors in the hours shared, or none are shared
with

version as (
    select
        o.hour,
        o.origin as service_version,
        o.responses,
        o.errors,
        o.responses - o.unclassified as classified,
        o.server_errors
    from store.origin_hour as o
    where o.kind = 'version' and o.origin is not null
),

everything as (
    select
        v.hour,
        sum(v.classified)::bigint as classified,
        sum(v.server_errors)::bigint as server_errors
    from version as v
    group by v.hour
),

lived as (
    select
        v.service_version,
        min(v.hour) as first_hour,
        max(v.hour) as last_hour,
        sum(v.responses)::bigint as responses,
        sum(v.errors)::bigint as errors
    from version as v
    group by v.service_version
),

-- One two-by-two table an hour: this version and the others, server errors and the rest.
shared as (
    select
        v.service_version,
        v.classified as n,
        v.server_errors as e,
        a.classified - v.classified as others_n,
        a.server_errors - v.server_errors as others_e,
        a.classified as all_n,
        a.server_errors as all_e
    from version as v
    inner join everything as a on v.hour = a.hour
    inner join lived as l on v.service_version = l.service_version
    where
        v.hour < l.first_hour + to_hours(parameter_value('deploy_window_h')::bigint)
        and v.classified > 0
        and a.classified > v.classified
),

-- Fractions are summed as whole billionths: sums of doubles depend on their order.
summed as (
    select
        s.service_version,
        count(*) as hours_shared,
        sum(s.n)::bigint as shared_responses,
        sum(s.e)::bigint as shared_server_errors,
        sum(s.others_n)::bigint as others_shared_responses,
        sum(s.others_e)::bigint as others_shared_server_errors,
        sum((1e9 * s.e * s.others_n / s.all_n)::hugeint) / 1e9 as weighted,
        sum((1e9 * s.others_e * s.n / s.all_n)::hugeint) / 1e9 as others_weighted,
        sum((1e9 * (
            s.all_e::double * s.n * s.others_n / s.all_n - s.e::double * s.others_e
        ) / s.all_n)::hugeint) / 1e9 as log_variance_top,
        sum((1e9 * (s.e - s.n::double * s.all_e / s.all_n))::hugeint) / 1e9 as excess,
        sum((
            1e9 * s.n * s.others_n / s.all_n * s.all_e / s.all_n * (s.all_n - s.all_e) / (s.all_n - 1)
        )::hugeint) / 1e9 as variance
    from shared as s
    group by s.service_version
),

judged as (
    select
        s.*,
        s.weighted / nullif(s.others_weighted, 0) as risk_ratio,
        exp(wilson_z() * sqrt(s.log_variance_top / nullif(s.weighted * s.others_weighted, 0))) as spread,
        normal_p(s.excess / nullif(sqrt(s.variance), 0)) as p_value
    from summed as s
),

final as (
    select
        l.service_version,
        l.first_hour,
        l.last_hour,
        l.first_hour > (select min(e.hour) from everything as e) as is_deploy_seen,
        l.responses,
        l.errors,
        coalesce(j.hours_shared, 0) as hours_shared,
        coalesce(j.shared_responses, 0) as shared_responses,
        coalesce(j.shared_server_errors, 0) as shared_server_errors,
        coalesce(j.others_shared_responses, 0) as others_shared_responses,
        coalesce(j.others_shared_server_errors, 0) as others_shared_server_errors,
        j.risk_ratio,
        j.risk_ratio / j.spread as risk_ratio_low,
        j.risk_ratio * j.spread as risk_ratio_high,
        j.p_value,
        case
            when
                coalesce(j.shared_server_errors + j.others_shared_server_errors, 0)
                < parameter_value('deploy_min_errors')
                then 'cannot tell'
            when j.p_value > parameter_value('movers_q_max') then 'no difference shown'
            when j.excess > 0 then 'worse'
            else 'better'
        end as verdict
    from lived as l
    left join judged as j on l.service_version = j.service_version
)

select * from final
