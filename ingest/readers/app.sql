-- Chert's application log: one JSON object a line, several lines a trace.
--
-- In: the relation `lines` (file_no, line_number, byte_offset, line, flaw).
-- Out: columns of store.event by name, with `context` (see context_of) in the place of context_id. A
-- line that cannot become an event has its reject_reason set (`blank` for white space), its
-- byte_offset, and its redacted excerpt in detail.
-- A line is parsed once for all its fields; an error body a second time, as its shape is known
-- only then. What few lines have is worked out behind a `case`, for those lines alone. Of a key that occurs twice the first value counts.
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
        case when j."response.body" is not null then
            try(case
                when starts_with(j."response.body", '"') then j."response.body" ->> '$'
                else j."response.body"::varchar
            end)
        end as body
    from parsed
),
-- All five shapes as one flat object: what stands in `error` or `outputFields` goes over what stands
-- beside it.
flat as (
    select
        *,
        case when body is not null then
            try(from_json(
                case json_type(coalesce(body -> '$.error', body -> '$.outputFields'))
                    when 'OBJECT' then json_merge_patch(body, coalesce(body -> '$.error', body -> '$.outputFields'))
                    else body
                end,
                '{
                    "success": "JSON", "ok": "JSON", "status": "JSON", "trace_id": "VARCHAR",
                    "code": "JSON", "message": "VARCHAR", "retryable": "JSON", "retry_after": "JSON",
                    "reason": "VARCHAR", "attachment_index": "JSON", "allowed_effects": ["VARCHAR"],
                    "error": "JSON", "outputFields": "JSON"
                }'
            ))
        end as b
    from typed
),
judged as (
    select
        *,
        case
            when flaw is not null then flaw
            when j is null then no_object(line)
            when occurred_at is null then 'time'
            when coalesce(j.event, '') = '' then 'event'
            when j."http.status" is not null and http_status is null then 'number'
            when j.duration_ms is not null and duration_ms is null then 'number'
        end as reject_reason
    from flat
)
select
    file_no as source_no,
    line_number,
    hash(without_cr(line)) as line_hash,
    occurred_at,
    case j.event when 'response.sent' then 1 when 'request.received' then 2 else 3 end::tinyint as kind,
    context_of(
        'app', j.event, j.level, coalesce(nullif(j.surface, ''), surface_of(j."http.path")),
        j.service, j.version, j.host, j."http.method", j."http.route",
        j.delivery_service, j.internal_code, j.error_type
    ) as context,
    safe_id(absent(j.trace_id)) as trace_id,
    redact(nullif(j.tenant_id, '')) as tenant_id,
    redact_path(j."http.path") as url_path,
    redact(j."http.user_agent") as user_agent,
    truncate_ip(j.client_ip) as client_ip,
    case when j.idempotency_key <> '' then rekey(j.idempotency_key) end as idempotency_key,
    case when j.body_hash <> '' then rekey(j.body_hash) end as body_hash,
    case when j."to" <> '' then pseudonym(j."to") end as recipient,
    case when j.line <> '' then pseudonym(j.line) end as line_id,
    case when j.lines is not null then
        list_transform(j.lines, lambda state: {
            'line': pseudonym(state.line),
            'used': small_number(state.used),
            'cap': small_number(state.cap)
        })
    end as lines,
    case
        when reject_reason is not null then excerpt_of(line)
        when j.stack is not null then redact(concat_ws(chr(10), j.detail, left(j.stack, 8000)))
        when j.limit_rps is not null then
            redact('limit ' || j.limit_rps || ' per second, tokens left ' || coalesce(j.tokens, '?'))
        when j.detail is not null then redact(j.detail)
    end as detail,
    http_status,
    duration_ms,
    case when j.event = 'response.sent' then
        case
            when j."response.body" is null then coalesce(http_status >= 400, false)
            -- A code makes it an error even where a flag in the same body says otherwise.
            else coalesce(coalesce(b.success, b.ok)::varchar = 'false', false)
                or b.code is not null
                or coalesce(json_type(b.error) = 'OBJECT', false)
                or coalesce(b.status::varchar = '"failed"', false)
                or coalesce(http_status >= 400, false)
        end
    end as is_error,
    case when b is not null then
        case
            when json_type(b."outputFields") = 'OBJECT' and coalesce(b.code, b.ok) is not null then 'hubspot_workflow'
            when json_type(b.error) = 'OBJECT' or b.success is not null then 'standard'
            when b.ok is not null then
                case when j.surface = 'hubspot' then 'hubspot_webhook' else 'ok_flag' end
            when coalesce(b.code, b.status, b.retryable) is not null or b.message is not null then 'send_flat'
        end
    end as envelope,
    case when b is not null then small_number(trim(b.code::varchar, '"')) end as error_code,
    case when b is not null then starts_with(b.code::varchar, '"') end as code_as_string,
    case when b is not null then
        case b.retryable::varchar when 'true' then true when 'false' then false end
    end as retryable,
    case when b is not null then redact(b.message) end as error_message,
    case when b is not null then small_number(trim(b.retry_after::varchar, '"')) end as retry_after_s,
    case when j."response.headers"."Retry-After" is not null then
        retry_after_seconds(j."response.headers"."Retry-After", occurred_at)
    end as retry_after_header_s,
    case when b is not null then small_number(b.attachment_index::varchar) end as attachment_index,
    case when b is not null then
        list_transform(b.allowed_effects, lambda effect: redact(effect))
    end as allowed_effects,
    case when b is not null then redact(b.reason) end as reason,
    case when b is not null then try_cast(b.status::varchar as smallint) end as body_status,
    case when b is not null then
        case coalesce(b.success, b.ok)::varchar when 'true' then true when 'false' then false end
    end as body_success,
    case when b is not null then b.trace_id = j.trace_id end as body_trace_ok,
    j."response.headers"."X-Trace-ID" = j.trace_id as header_trace_ok,
    reject_reason,
    case when reject_reason is not null then byte_offset end as byte_offset
from judged
