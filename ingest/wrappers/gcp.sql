-- Google Cloud's LogEntry with a text or JSON payload (one with httpRequest and no payload is a format of
-- its own). The trace of the entry is added to a JSON payload that names none.
-- Tried: 6
-- Looks like: "(?:insertId|logName)"\s*:.*"(?:textPayload|jsonPayload)"\s*:|"(?:textPayload|jsonPayload)"\s*:(?s:.*)"(?:insertId|logName)"\s*:
with read as (
    select
        *,
        case when flaw is null and is_object(line) and json_valid(line) then
            from_json(line, '{
                "timestamp": "VARCHAR", "receiveTimestamp": "VARCHAR", "severity": "VARCHAR", "trace": "VARCHAR",
                "textPayload": "VARCHAR", "jsonPayload": "JSON",
                "resource": {"labels": {
                    "container_name": "VARCHAR", "pod_name": "VARCHAR", "service_name": "VARCHAR", "instance_id": "VARCHAR"
                }}
            }')
        end as w
    from lines
)
select
    * exclude (w) replace (
        coalesce(
            without_newline(w."textPayload"),
            case when w.trace is null then w."jsonPayload"::varchar
                else json_merge_patch(json_object('logging.googleapis.com/trace', w.trace), w."jsonPayload")::varchar end,
            line
        ) as line,
        case when flaw is null and w."textPayload" is null and w."jsonPayload" is null and not is_blank(line)
            then 'wrapper' else flaw end as flaw,
        coalesce(w.timestamp, w."receiveTimestamp", wrapped_at) as wrapped_at,
        coalesce(w.resource.labels.pod_name, w.resource.labels.instance_id, wrapped_host) as wrapped_host,
        coalesce(w.resource.labels.container_name, w.resource.labels.service_name, wrapped_service) as wrapped_service,
        coalesce(lower(w.severity), wrapped_level) as wrapped_level
    )
from read
