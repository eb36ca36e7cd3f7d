-- Any format that is no log of Chert's own: records with named fields, by a field map.
--
-- In: the relation `lines`. The syntax (see syntaxes/) turns each line into records with a
-- value `p` and a `fault`, if it has one; the field map (see fieldmaps/) says which of its fields stand for what.
-- Out: as app.sql. What no field map names is never read; texts of log messages are not kept, unless a
-- map of the user's own names them as `detail`.
with peeled as (
    {peeled}
),
records as (
    {records}
),
mapped as (
    select
        * exclude (p),
        coalesce({time}, wrapped_at) as time_given,
        {request} as request_sent,
        {method} as method_sent,
        {path} as path_sent,
        {route} as route_sent,
        {status} as status_sent,
        {duration_sent} as duration_sent,
        {duration_ms} as duration_ms,
        {upstream_ms} as upstream_ms,
        {bytes} as bytes_sent,
        {user_agent} as agent_sent,
        {client_ip} as client_ip_sent,
        {trace_id} as trace_sent,
        {any_id} as any_id_sent,
        {w3c_trace_id} as w3c_sent,
        {xray_trace_id} as xray_sent,
        {request_id} as request_id_sent,
        {tenant_id} as tenant_sent,
        {surface} as surface_sent,
        {level} as level_sent,
        {event} as event_sent,
        {service} as service_sent,
        {version} as version_sent,
        {host} as host_sent,
        {error_type} as error_type_sent,
        {error_code} as code_sent,
        {retryable} as retryable_sent,
        {retry_after} as retry_after_sent,
        {retry_after_header} as retry_after_header_sent,
        {idempotency_key} as key_sent,
        {body_hash} as body_hash_sent,
        {recipient} as recipient_sent,
        {delivery_service} as delivery_service_sent,
        {internal_code} as internal_code_sent,
        {detail} as detail_sent,
        {is_response} as is_response
    from records
),
-- By itself: a macro repeats its argument, and this one is long.
spelled as (
    select
        *,
        iso_spelling(time_given) as time_sent
    from mapped
),
asked as (
    select
        *,
        request_parts(request_sent) as request,
        coalesce(trace_sent, case when is_chert_id(any_id_sent) then any_id_sent end) as chert_id,
        any_time(time_sent) as written_at,
        {is_local} as is_local
    from spelled
),
-- Local times as RFC 5545 (3.3.5) takes them: of one that a clock put back showed twice the first, and one
-- that a clock put forward skipped by the offset before. Both come of the offset a little earlier.
zoned as (
    select
        * exclude (aware_at),
        timezone('UTC', aware_at) as last_at,
        written_at - offset_at(aware_at - interval 3 hours) as first_at
    from (select *, case when is_local then timezone(zone(), written_at) end as aware_at from asked)
),
shown as (
    select
        *,
        timezone(zone(), timezone('UTC', first_at)) = written_at as is_first,
        timezone(zone(), timezone('UTC', last_at)) = written_at as is_last
    from zoned
),
typed as (
    select
        *,
        coalesce(
            nullif(case
                when contains(path_sent, '://') then regexp_replace(path_sent, '^[a-z]{2,6}://[^/]*', '')
                else path_sent
            end, ''),
            nullif(request.target, '')
        ) as path,
        plausible(case when not is_local then written_at when is_last and not is_first then last_at else first_at end)
            as occurred_at
    from shown
),
judged as (
    select
        *,
        case
            when flaw is not null then flaw
            when fault is not null then fault
            when occurred_at is null then 'time'
            when status_sent is not null and try_cast(status_sent as smallint) is null then 'number'
            when duration_sent is not null and duration_ms is null then 'number'
            when code_sent is not null and small_number(code_sent) is null then 'number'
        end as reject_reason
    from typed
)
select
    file_no as source_no,
    line_number,
    record_number,
    {line_hash} as line_hash,
    occurred_at,
    {kind}::tinyint as kind,
    context_of(
        {log}, {event_name}, level_of({level_name}),
        coalesce(surface_sent, surface_of(path), {other_surface}),
        coalesce(service_sent, wrapped_service), version_sent, coalesce(host_sent, wrapped_host),
        coalesce(method_sent, request.method), route_sent,
        delivery_service_sent, internal_code_sent, error_type_sent
    ) as context,
    safe_id(chert_id) as trace_id,
    w3c_trace_id(coalesce(w3c_sent, any_id_sent)) as otel_trace_id,
    xray_trace_id(coalesce(xray_sent, any_id_sent)) as xray_trace_id,
    safe_request_id(coalesce(request_id_sent, case
        when chert_id is null and w3c_trace_id(any_id_sent) is null and xray_trace_id(any_id_sent) is null
            then any_id_sent
    end)) as request_id,
    redact(tenant_sent) as tenant_id,
    redact_path(path) as url_path,
    redact({agent}) as user_agent,
    truncate_ip(client_ip_sent) as client_ip,
    case when key_sent <> '' then rekey(key_sent) end as idempotency_key,
    case when body_hash_sent <> '' then rekey(body_hash_sent) end as body_hash,
    case when recipient_sent <> '' then pseudonym(recipient_sent) end as recipient,
    case
        when reject_reason is not null then
            {excerpt}
        else nullif(concat_ws(
            chr(10),
            redact(left(detail_sent, 8000)),
            case when unfinished then 'The end of this message is missing.' end,
            case
                when is_first and first_at <> last_at then
                    'The clock was put back: this local time came twice, and the first is taken.'
                when not is_first and not is_last then
                    'The clock was put forward: this local time never was, and the offset before is taken.'
            end
        ), '')
    end as detail,
    try_cast(status_sent as smallint) as http_status,
    duration_ms,
    upstream_ms,
    -- A count of more digits may be a phone number.
    case when regexp_full_match(bytes_sent, '[0-9]{1,9}') then try_cast(bytes_sent as bigint) end as bytes_sent,
    case when {is_answer} then
        code_sent is not null or error_type_sent is not null
            or coalesce(try_cast(status_sent as smallint) >= 400, false)
    end as is_error,
    small_number(code_sent) as error_code,
    case lower(retryable_sent) when 'true' then true when 'false' then false end as retryable,
    small_number(retry_after_sent) as retry_after_s,
    retry_after_seconds(retry_after_header_sent, occurred_at) as retry_after_header_s,
    case when {is_edge} and chert_id is not null then true end as header_trace_ok,
    reject_reason,
    case when reject_reason is not null then byte_offset end as byte_offset
from judged
