-- Responses and errors by version, host and delivery service, for the hours a batch touched: of all
-- tenants, since the rows are not kept by tenant.
create or replace temp table stale_hour as
select distinct t.hour from touched_hour as t;

delete from store.origin_hour as o
where
    o.hour >= getvariable('touched_from_at')
    and o.hour < getvariable('touched_to_at')
    and o.hour in (select s.hour from stale_hour as s);

insert into store.origin_hour by name
with response as (
    select
        us(r.occurred_at) // 3600000000 as hour_no,
        r.tenant_id,
        r.service_version,
        r.host,
        r.delivery_service,
        r.internal_code,
        r.is_error,
        -- What only the edge saw is no error of any kind.
        coalesce(r.is_error, false) and coalesce(
            case
                when r.error_code is null then r.http_status >= 500
                else c.error_class in ('platform', 'delivery')
            end,
            false
        ) as is_server_error
    from store.response as r
    left join store.error_code as c on c.error_code = r.error_code
    where
        r.occurred_at >= getvariable('touched_from_at')
        and r.occurred_at < getvariable('touched_to_at')
        and us(r.occurred_at) // 3600000000 in (select us(s.hour) // 3600000000 from stale_hour as s)
),
-- Counted by tenant first: three small sums instead of three passes with distinct tenants.
counted as (
    select
        r.hour_no,
        r.tenant_id,
        r.service_version,
        r.host,
        r.delivery_service,
        r.internal_code,
        count(*) as responses,
        sum(case when r.is_error is null then 1 else 0 end) as unclassified,
        sum(case when r.is_error then 1 else 0 end) as errors,
        sum(case when r.is_server_error then 1 else 0 end) as server_errors
    from response as r
    group by r.hour_no, r.tenant_id, r.service_version, r.host, r.delivery_service, r.internal_code
),
placed as (
    select c.*, 'version' as kind, c.service_version as origin, cast(null as varchar) as code from counted as c
    union all
    select c.*, 'host' as kind, c.host as origin, cast(null as varchar) as code from counted as c
    union all
    select c.*, 'delivery_service' as kind, c.delivery_service as origin, c.internal_code as code
    from counted as c
    where c.delivery_service is not null
)
select
    moment_of(p.hour_no * 3600000000) as hour,
    p.kind,
    p.origin,
    p.code as internal_code,
    sum(p.responses) as responses,
    sum(p.unclassified) as unclassified,
    sum(p.errors) as errors,
    sum(p.server_errors) as server_errors,
    count(distinct case when p.errors > 0 then p.tenant_id end) as tenants_hit
from placed as p
group by p.hour_no, p.kind, p.origin, p.code;

drop table stale_hour;
