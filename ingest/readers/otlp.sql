-- OpenTelemetry logs as the Collector's file exporter writes them (OTLP/JSON): one
-- ExportLogsServiceRequest a line, many records in it.
--
-- In: the relation `lines`. Out: as app.sql, one row per record; a line that cannot be read is one
-- row without a record number. Unknown fields are ignored, as the protocol demands.
with parsed as (
    select
        file_no,
        line_number,
        byte_offset,
        line,
        flaw,
        case when flaw is null and is_object(line) and json_valid(line) then
            try(from_json(line, '{"resourceLogs": [{
                "resource": {"attributes": ' || attributes_shape() || '},
                "scopeLogs": [{"logRecords": [{
                    "timeUnixNano": "VARCHAR", "observedTimeUnixNano": "VARCHAR", "severityText": "VARCHAR",
                    "traceId": "VARCHAR", "eventName": "VARCHAR",
                    "attributes": ' || attributes_shape() || '
                }]}]
            }]}'))."resourceLogs"
        end as requests
    from lines
),
records as (
    select
        * exclude (requests),
        case when requests is null then [null] else
            flatten(list_transform(requests, lambda request: list_transform(
                flatten(list_transform(request."scopeLogs", lambda scope: coalesce(scope."logRecords", []))),
                lambda record: {'record': record, 'resource': request.resource.attributes}
            )))
        end as records
    from parsed
),
flat as (
    select
        * exclude (records),
        generate_subscripts(records, 1) as record_number,
        unnest(records) as found
    from records
),
typed as (
    select
        *,
        found.record as r,
        attributes_of(found.record.attributes) as a,
        attributes_of(found.resource) as service,
        try_cast(coalesce(
            nullif(found.record."timeUnixNano", '0'), found.record."observedTimeUnixNano"
        ) as bigint) as nanoseconds
    from flat
),
judged as (
    select
        *,
        coalesce(a['http.response.status_code'], a['http.status_code']) as status_sent,
        a['chert.error.code'] as code_sent,
        absent(a['chert.trace_id']) as trace_sent,
        plausible(case when nanoseconds > 0 then make_timestamp(nanoseconds // 1000) end) as occurred_at,
        case
            when flaw is not null then flaw
            when found is null then no_request(line)
            when coalesce(nanoseconds, 0) <= 0 then 'time'
            when status_sent is not null and try_cast(status_sent as smallint) is null then 'number'
            when code_sent is not null and small_number(code_sent) is null then 'number'
        end as reject_reason
    from typed
)
select
    file_no as source_no,
    line_number,
    case when found is not null then record_number::integer end as record_number,
    hash(without_cr(line), record_number) as line_hash,
    occurred_at,
    5::tinyint as kind,
    context_of(
        'otlp',
        case when trace_sent is not null then 'response.sent' else coalesce(nullif(r."eventName", ''), 'log') end,
        lower(r."severityText"),
        coalesce(nullif(a['chert.surface'], ''), surface_of(a['url.path'])),
        service['service.name'], service['service.version'], service['host.name'],
        a['http.request.method'], a['http.route'], null, null, null
    ) as context,
    safe_id(trace_sent) as trace_id,
    case when regexp_full_match(r."traceId", '[0-9A-Fa-f]{32}') then lower(r."traceId") end as otel_trace_id,
    redact(nullif(a['chert.tenant_id'], '')) as tenant_id,
    redact_path(a['url.path']) as url_path,
    case
        when reject_reason is null then null
        when found is null then excerpt_of(line)
        else '… record ' || record_number || ' of the line …'
    end as detail,
    try_cast(status_sent as smallint) as http_status,
    case when trace_sent is not null then
        code_sent is not null or a['error.type'] is not null
            or coalesce(try_cast(status_sent as smallint) >= 400, false)
    end as is_error,
    small_number(code_sent) as error_code,
    case a['chert.error.retryable'] when 'true' then true when 'false' then false end as retryable,
    small_number(a['chert.error.retry_after']) as retry_after_s,
    reject_reason,
    case when reject_reason is not null then byte_offset end as byte_offset
from judged
