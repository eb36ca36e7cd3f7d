-- Chert's application log: one JSON object a line, several lines a trace.
--
-- In: the relation `lines` (file_no, line_number, byte_offset, line, flaw).
-- Out: columns of store.event by name. A line that cannot become an event has its reject_reason
-- set (`blank` for white space), its byte_offset, and its redacted excerpt in detail.
-- A line is parsed once for all its fields; an error body a second time, as its shape is known
-- only then. Of a key that occurs twice the first value counts.
with parsed as (
    select
        file_no,
        line_number,
        byte_offset,
        line,
        flaw,
        case when flaw is null and is_object(line) and json_valid(line) then
            from_json(line, '{
                "ts": "VARCHAR", "level": "VARCHAR", "event": "VARCHAR",
                "service": "VARCHAR", "version": "VARCHAR", "host": "VARCHAR",
                "trace_id": "VARCHAR", "tenant_id": "VARCHAR", "surface": "VARCHAR",
                "http.method": "VARCHAR", "http.route": "VARCHAR", "http.path": "VARCHAR",
                "http.user_agent": "VARCHAR", "client_ip": "VARCHAR",
                "idempotency_key": "VARCHAR", "body_hash": "VARCHAR", "to": "VARCHAR",
                "delivery_service": "VARCHAR", "internal_code": "VARCHAR", "line": "VARCHAR",
                "lines": [{"line": "VARCHAR", "used": "VARCHAR", "cap": "VARCHAR"}],
                "limit_rps": "VARCHAR", "tokens": "VARCHAR",
                "error_type": "VARCHAR", "detail": "VARCHAR", "stack": "VARCHAR",
                "http.status": "VARCHAR", "duration_ms": "VARCHAR",
                "response.headers": {"X-Trace-ID": "VARCHAR", "Retry-After": "VARCHAR"},
                "response.body": "JSON"
            }')
        end as j
    from lines
),
typed as (
    select
        *,
        plausible(log_time(j.ts)) as occurred_at,
        try_cast(j."http.status" as smallint) as http_status,
        duration_of(j.duration_ms, 1) as duration_ms,
        -- One test for all short fields of a line: nearly no line has anything to hide there.
        is_suspect(concat_ws(
            ' ', j.level, j.event, j.service, j.host, j.tenant_id, j.surface,
            j."http.method", j."http.route", j.delivery_service, j.internal_code, j.error_type
        )) as odd,
        case when j."response.body" is not null then
            try(from_json(
                case
                    when starts_with(j."response.body", '"') then j."response.body" ->> '$'
                    else j."response.body"::varchar
                end,
                '{
                    "success": "JSON", "ok": "JSON", "status": "JSON", "trace_id": "VARCHAR",
                    "code": "JSON", "message": "VARCHAR", "retryable": "JSON", "retry_after": "JSON",
                    "reason": "VARCHAR", "attachment_index": "JSON", "allowed_effects": ["VARCHAR"],
                    "error": {
                        "status": "JSON",
                        "code": "JSON", "message": "VARCHAR", "retryable": "JSON", "retry_after": "JSON",
                        "reason": "VARCHAR", "attachment_index": "JSON", "allowed_effects": ["VARCHAR"]
                    },
                    "outputFields": {
                        "ok": "JSON", "status": "JSON", "trace_id": "VARCHAR",
                        "code": "JSON", "message": "VARCHAR", "retryable": "JSON", "retry_after": "JSON",
                        "reason": "VARCHAR", "attachment_index": "JSON", "allowed_effects": ["VARCHAR"]
                    }
                }'
            ))
        end as b
    from parsed
),
normal as (
    select
        *,
        coalesce(b.error.code, b."outputFields".code, b.code)::varchar as code_sent,
        coalesce(b.error.retryable, b."outputFields".retryable, b.retryable)::varchar as retryable_sent,
        coalesce(b.success, b."outputFields".ok, b.ok)::varchar as success_sent,
        coalesce(b.error.status, b."outputFields".status, b.status)::varchar as status_sent,
        case
            when flaw is not null then flaw
            when j is null then
                case
                    when is_blank(line) then 'blank'
                    when is_glued(line) then 'glued'
                    when json_valid(line) then 'not_object'
                    else 'json'
                end
            when occurred_at is null then 'time'
            when coalesce(j.event, '') = '' then 'event'
            when j."http.status" is not null and http_status is null then 'number'
            when j.duration_ms is not null and duration_ms is null then 'number'
        end as reject_reason
    from typed
)
select
    file_no as source_no,
    line_number,
    hash(without_cr(line)) as line_hash,
    occurred_at,
    'app' as log,
    clean(j.event, odd) as event,
    clean(j.level, odd) as level,
    safe_id(absent(j.trace_id)) as trace_id,
    clean(j.tenant_id, odd) as tenant_id,
    coalesce(clean(j.surface, odd), surface_of(j."http.path")) as surface,
    clean(j.service, odd) as service,
    clean_version(j.version) as service_version,
    clean(j.host, odd) as host,
    clean(j."http.method", odd) as http_method,
    clean(j."http.route", odd) as http_route,
    redact_path(j."http.path") as url_path,
    redact(j."http.user_agent") as user_agent,
    truncate_ip(j.client_ip) as client_ip,
    case when j.idempotency_key <> '' then rekey(j.idempotency_key) end as idempotency_key,
    case when j.body_hash <> '' then rekey(j.body_hash) end as body_hash,
    case when j."to" <> '' then pseudonym(j."to") end as recipient,
    clean(j.delivery_service, odd) as delivery_service,
    clean(j.internal_code, odd) as internal_code,
    case when j.line <> '' then pseudonym(j.line) end as line_id,
    case when j.lines is not null then
        list_transform(j.lines, lambda state: {
            'line': pseudonym(state.line),
            'used': small_number(state.used),
            'cap': small_number(state.cap)
        })
    end as lines,
    clean(j.error_type, odd) as error_type,
    case
        when reject_reason is not null then excerpt_of(line)
        when j.stack is not null then redact(concat_ws(chr(10), j.detail, left(j.stack, 8000)))
        when j.limit_rps is not null then
            redact('limit ' || j.limit_rps || ' per second, tokens left ' || coalesce(j.tokens, '?'))
        else redact(j.detail)
    end as detail,
    http_status,
    duration_ms,
    case when j.event = 'response.sent' then
        case
            when j."response.body" is null then coalesce(http_status >= 400, false)
            -- A code makes it an error even where a flag in the same body says otherwise.
            else coalesce(success_sent = 'false', false)
                or code_sent is not null
                or b.error is not null
                or coalesce(status_sent = '"failed"', false)
                or coalesce(http_status >= 400, false)
        end
    end as is_error,
    case
        when b."outputFields".code is not null or b."outputFields".ok is not null then 'hubspot_workflow'
        when b.error is not null or b.success is not null then 'standard'
        when b.ok is not null then
            case when j.surface = 'hubspot' then 'hubspot_webhook' else 'ok_flag' end
        when coalesce(b.code, b.status, b.retryable) is not null or b.message is not null then 'send_flat'
    end as envelope,
    small_number(trim(code_sent, '"')) as error_code,
    starts_with(code_sent, '"') as code_as_string,
    case retryable_sent when 'true' then true when 'false' then false end as retryable,
    redact(coalesce(b.error.message, b."outputFields".message, b.message)) as error_message,
    small_number(trim(
        coalesce(b.error.retry_after, b."outputFields".retry_after, b.retry_after)::varchar, '"'
    )) as retry_after_s,
    retry_after_seconds(j."response.headers"."Retry-After", occurred_at) as retry_after_header_s,
    small_number(coalesce(
        b.error.attachment_index, b."outputFields".attachment_index, b.attachment_index
    )::varchar) as attachment_index,
    case
        when coalesce(b.error.allowed_effects, b."outputFields".allowed_effects, b.allowed_effects) is not null
            then list_transform(
                coalesce(b.error.allowed_effects, b."outputFields".allowed_effects, b.allowed_effects),
                lambda effect: redact(effect)
            )
    end as allowed_effects,
    redact(coalesce(b.error.reason, b."outputFields".reason, b.reason)) as reason,
    try_cast(status_sent as smallint) as body_status,
    case success_sent when 'true' then true when 'false' then false end as body_success,
    coalesce(b."outputFields".trace_id, b.trace_id) = j.trace_id as body_trace_ok,
    j."response.headers"."X-Trace-ID" = j.trace_id as header_trace_ok,
    reject_reason,
    case when reject_reason is not null then byte_offset end as byte_offset
from normal
