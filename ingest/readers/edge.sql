-- nginx access log, by the server's own log_format template.
--
-- In: the relation `lines`, and the template as variables `edge_pattern` (a regular expression)
-- and `edge_names` (one name a group; variables the template lacks are empty groups).
-- Out: as app.sql. `-` and the empty string both mean absent. trace_id is NULL where nginx answered
-- itself; such a line is an event, but no response of Chert's.
with matched as (
    select
        *,
        case when flaw is null then
            regexp_extract(without_cr(line), {edge_pattern}, {edge_names})
        end as m
    from lines
),
typed as (
    select
        *,
        m.status as status_sent,
        -- A binary request has no method and no path.
        regexp_extract(m.request, '^([A-Z]{3,10}) (\S+)(?: HTTP/[0-9.]+)?$', ['method', 'target']) as request,
        absent(m.sent_http_x_trace_id) as trace_sent,
        duration_of(absent(m.request_time), 1000) as duration_ms,
        plausible(try_strptime(left(m.time_local, 20), '%d/%b/%Y:%H:%M:%S')
            - case
                when m.time_local = '' or ends_with(m.time_local, '+0000') then interval 0 second
                else offset_of(substr(m.time_local, 22))
            end) as occurred_at
    from matched
),
judged as (
    select
        *,
        case
            when flaw is not null then flaw
            when m.time_local = '' then case when is_blank(line) then 'blank' else 'syntax' end
            when occurred_at is null then 'time'
            when absent(status_sent) is not null and try_cast(status_sent as smallint) is null then 'number'
            when absent(m.request_time) is not null and duration_ms is null then 'number'
        end as reject_reason
    from typed
)
select
    file_no as source_no,
    line_number,
    hash(without_cr(line)) as line_hash,
    occurred_at,
    4::tinyint as kind,
    context_of(
        'edge', 'response.sent', null, coalesce(surface_of(nullif(request.target, '')), 'other'),
        null, null, null, request.method, null, null, null, null
    ) as context,
    safe_id(trace_sent) as trace_id,
    redact(absent(m.http_x_chert_tenant)) as tenant_id,
    redact_path(nullif(request.target, '')) as url_path,
    redact(absent(m.http_user_agent)) as user_agent,
    truncate_ip(absent(m.remote_addr)) as client_ip,
    case when reject_reason is not null then excerpt_of(line) end as detail,
    try_cast(status_sent as smallint) as http_status,
    duration_ms,
    -- Of several upstreams the last one answered.
    duration_of(nullif(regexp_extract(m.upstream_response_time, '([0-9.]+)\s*$', 1), ''), 1000) as upstream_ms,
    try_cast(absent(m.body_bytes_sent) as bigint) as bytes_sent,
    retry_after_seconds(absent(m.sent_http_retry_after), occurred_at) as retry_after_header_s,
    case when trace_sent is not null then true end as header_trace_ok,
    reject_reason,
    case when reject_reason is not null then byte_offset end as byte_offset
from judged
