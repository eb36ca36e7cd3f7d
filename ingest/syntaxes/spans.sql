-- OpenTelemetry traces (OTLP/JSON): one ExportTraceServiceRequest a line or document, many spans in it.
-- Unknown fields are ignored, as the protocol demands. Attributes stand in p.a, those of the resource in
-- p.r; the first of a key counts.
with parsed as (
    select
        *,
        case when flaw is null and is_object(line) and json_valid(line) then
            try(from_json(line, '{"resourceSpans": [{
                "resource": {"attributes": ' || attributes_shape() || '},
                "scopeSpans": [{"spans": [{
                    "traceId": "VARCHAR", "kind": "VARCHAR", "name": "VARCHAR",
                    "startTimeUnixNano": "VARCHAR", "endTimeUnixNano": "VARCHAR",
                    "status": {"code": "VARCHAR"},
                    "attributes": ' || attributes_shape() || ',
                    "events": [{"name": "VARCHAR", "attributes": ' || attributes_shape() || '}]
                }]}]
            }]}'))."resourceSpans"
        end as requests
    from peeled
),
listed as (
    select
        * exclude (requests),
        case when requests is null then [null] else
            flatten(list_transform(requests, lambda request: list_transform(
                flatten(list_transform(request."scopeSpans", lambda scope: coalesce(scope.spans, []))),
                lambda span: {'span': span, 'resource': request.resource.attributes}
            )))
        end as found
    from parsed
),
flat as (
    select
        * exclude (found, record_number),
        generate_subscripts(found, 1) as span_number,
        unnest(found) as found
    from listed
)
select
    * exclude (found, span_number),
    case when found is not null then span_number::integer end as record_number,
    case when found is not null then {
        's': found.span,
        'a': attributes_of(found.span.attributes),
        'r': attributes_of(found.resource),
        'e': attributes_of(flatten(list_transform(found.span.events, lambda event: event.attributes)))
    } end as p,
    case when flaw is null and found is null then no_request(line) end as fault
from flat
