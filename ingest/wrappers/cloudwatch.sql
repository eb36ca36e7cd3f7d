-- CloudWatch Logs: what a subscription delivers (`logEvents`), also several documents glued on one line, and
-- what `aws logs filter-log-events` prints (`events`). Each log event is a record. A control message is blank.
-- Tried: 5
-- Looks like: "messageType"\s*:\s*"(?:DATA|CONTROL)_MESSAGE"|"events"\s*:\s*\[\s*\{(?s:.*)"(?:ingestionTime|eventId)"\s*:
with document as (
    select
        * exclude (line),
        unnest(case when flaw is null then
            string_split(regexp_replace(line, '\}\s*\{"messageType"', '}' || chr(30) || '{"messageType"', 'g'), chr(30))
        else [line] end) as line
    from lines
),
read as (
    select
        *,
        case when flaw is null and is_object(line) and json_valid(line) then
            from_json(line, '{
                "messageType": "VARCHAR", "logGroup": "VARCHAR", "logStream": "VARCHAR",
                "logEvents": [{"timestamp": "VARCHAR", "message": "VARCHAR"}],
                "events": [{"timestamp": "VARCHAR", "message": "VARCHAR", "logStreamName": "VARCHAR"}]
            }')
        end as w
    from document
),
messages as (
    select
        *,
        unnest(case
            when w."logEvents" is null and w.events is null then [null]
            when len(coalesce(w."logEvents", w.events)) = 0 or w."messageType" = 'CONTROL_MESSAGE' then [null]
            else list_transform(coalesce(w."logEvents", w.events), lambda event: {
                'at': event.timestamp, 'message': event.message
            })
        end) as found
    from read
)
select
    * exclude (w, found) replace (
        case when found is not null then without_newline(coalesce(found.message, '')) when w is null then line else '' end
            as line,
        case when flaw is null and w."logEvents" is null and w.events is null and not is_blank(line)
            then 'wrapper' else flaw end as flaw,
        case when found is not null then
            (row_number() over (partition by line_number order by record_number))::integer
        else record_number end as record_number,
        coalesce(found.at, wrapped_at) as wrapped_at,
        coalesce(w."logStream", wrapped_host) as wrapped_host,
        coalesce(w."logGroup", wrapped_service) as wrapped_service
    )
from messages
