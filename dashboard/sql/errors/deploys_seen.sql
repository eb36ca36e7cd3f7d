-- The versions that answered in the period, with the verdict on their first day. Grain: one row per version.
select
    d.service_version,
    d.first_hour,
    d.last_hour,
    d.is_deploy_seen,
    d.responses,
    d.hours_shared,
    d.shared_responses,
    d.shared_server_errors,
    d.others_shared_responses,
    d.others_shared_server_errors,
    d.risk_ratio,
    d.risk_ratio_low,
    d.risk_ratio_high,
    d.p_value,
    d.verdict
from kept.deploys as d
where d.last_hour >= date_trunc('hour', $start::timestamp) and d.first_hour < $end::timestamp
order by d.first_hour desc, d.service_version
