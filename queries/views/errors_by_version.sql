-- Did a deploy do it? Errors by version of the answering service, beside the other versions in the same hour: what
-- hits all versions alike is no fault of one. Responses that only the edge log saw have no version.
-- Grain: one row per hour and service version.
--
-- hour: start of the hour in which the responses were sent, UTC
-- service_version: version of the answering service; NULL if unknown
-- first_hour: first hour with a response of this version in the data loaded, UTC
-- responses: responses, unclassified included
-- unclassified: responses only the edge log saw, which cannot know whether they are errors
-- errors: responses whose body reports an error
-- error_ratio: errors / (responses - unclassified); NULL if there were none
-- error_ratio_low: lower end of its 95 % Wilson interval
-- error_ratio_high: upper end of its 95 % Wilson interval
-- server_errors: errors of class platform or delivery, and those without a code under a status of 500 or more
-- server_error_ratio: server_errors / (responses - unclassified)
-- tenants_hit: distinct tenants with an error
-- others_responses: responses of the other versions in the same hour
-- others_errors: their errors
-- others_error_ratio: their error ratio
-- week_before_responses: responses in the same hour a week before, of all versions together, since last week ran
--   others; NULL without data
-- week_before_errors: their errors
-- week_before_error_ratio: their error ratio
with

here as (
    select o.* from store.origin_hour as o where o.kind = 'version'
),

everything as (
    select
        o.hour,
        sum(o.responses)::bigint as responses,
        sum(o.responses - o.unclassified)::bigint as classified,
        sum(o.errors)::bigint as errors
    from here as o
    group by o.hour
),

firsts as (
    select
        o.origin,
        min(o.hour) as first_hour
    from here as o
    group by o.origin
),

week_before as (
    select
        a.hour + interval 7 days as hour,
        a.responses,
        a.classified,
        a.errors
    from everything as a
),

final as (
    select
        o.hour,
        o.origin as service_version,
        f.first_hour,
        o.responses,
        o.unclassified,
        o.errors,
        o.errors / nullif(o.responses - o.unclassified, 0) as error_ratio,
        wilson_low(o.errors, o.responses - o.unclassified) as error_ratio_low,
        wilson_high(o.errors, o.responses - o.unclassified) as error_ratio_high,
        o.server_errors,
        o.server_errors / nullif(o.responses - o.unclassified, 0) as server_error_ratio,
        o.tenants_hit,
        a.responses - o.responses as others_responses,
        a.errors - o.errors as others_errors,
        (a.errors - o.errors) / nullif(a.classified - (o.responses - o.unclassified), 0) as others_error_ratio,
        w.responses as week_before_responses,
        w.errors as week_before_errors,
        w.errors / nullif(w.classified, 0) as week_before_error_ratio
    from here as o
    inner join everything as a on o.hour = a.hour
    inner join firsts as f on o.origin is not distinct from f.origin
    left join week_before as w on o.hour = w.hour
)

select * from final
