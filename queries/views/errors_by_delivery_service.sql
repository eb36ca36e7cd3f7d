-- Which delivery service fails, and with which internal code. Internal: never shown to customers. Only
-- responses for which the application log names a delivery service.
-- Grain: one row per hour, delivery service and internal code; NULL for its responses without one.
--
-- hour: start of the hour in which the responses were sent, UTC
-- delivery_service: internal delivery service
-- internal_code: internal code of the failure; NULL where the service reported none
-- responses: responses with this code
-- service_responses: responses of the service in that hour, whatever their code
-- unclassified: of the responses with this code, those only the edge log can know
-- errors: responses with this code whose body reports an error
-- error_ratio: errors / (service_responses less the unclassified among them): the ratios of a service's codes add up
-- error_ratio_low: lower end of its 95 % Wilson interval
-- error_ratio_high: upper end of its 95 % Wilson interval
-- server_errors: errors of class platform or delivery, and those without a code under a status of 500 or more
-- tenants_hit: distinct tenants with such an error
-- week_before_responses: responses of the service in the same hour a week before; NULL without data
-- week_before_errors: errors with this code in that hour; 0 if the service answered without
-- week_before_error_ratio: their ratio
with

here as (
    select o.* from store.origin_hour as o where o.kind = 'delivery_service'
),

services as (
    select
        o.hour,
        o.origin,
        sum(o.responses)::bigint as responses,
        sum(o.responses - o.unclassified)::bigint as classified
    from here as o
    group by o.hour, o.origin
),

final as (
    select
        o.hour,
        o.origin as delivery_service,
        o.internal_code,
        o.responses,
        s.responses as service_responses,
        o.unclassified,
        o.errors,
        o.errors / nullif(s.classified, 0) as error_ratio,
        wilson_low(o.errors, s.classified) as error_ratio_low,
        wilson_high(o.errors, s.classified) as error_ratio_high,
        o.server_errors,
        o.tenants_hit,
        w.responses as week_before_responses,
        case when w.responses is not null then coalesce(c.errors, 0) end as week_before_errors,
        case when w.responses is not null then coalesce(c.errors, 0) end / nullif(w.classified, 0)
            as week_before_error_ratio
    from here as o
    inner join services as s on o.hour = s.hour and o.origin = s.origin
    left join services as w on o.hour - interval 7 days = w.hour and o.origin = w.origin
    left join here as c
        on o.hour - interval 7 days = c.hour
        and o.origin = c.origin
        and o.internal_code is not distinct from c.internal_code
)

select * from final
