-- Small rules that several readers share, as macros.

create or replace temp macro offset_of(value) as
    to_minutes(
        (case when starts_with(value, '-') then -1 else 1 end)
        * (try_cast(value[2:3] as integer) * 60 + try_cast(right(value, 2) as integer))
    );

-- RFC 3339 to UTC. DuckDB's own cast ignores an offset, and knows words such as 'epoch' and
-- 'infinity', so the shape is checked first. Second 60 is the first of the next minute.
create or replace temp macro any_log_time(value) as
    case
        when regexp_full_match(value, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z?') then
            coalesce(
                try_cast(value as timestamp),
                case when value[18:19] = '60' then
                    try_cast(left(value, 17) || '59' || substr(value, 20) as timestamp) + interval 1 second
                end
            )
        when regexp_full_match(value, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? ?[+-][0-9]{2}:?[0-9]{2}') then
            try_cast(regexp_replace(value, ' ?[+-][0-9]{2}:?[0-9]{2}$', '') as timestamp)
            - offset_of(regexp_extract(value, '[+-][0-9]{2}:?[0-9]{2}$'))
    end;

-- Chert's own spelling, with microseconds, is read in a third of the time.
create or replace temp macro log_time(value) as
    coalesce(
        case when strlen(value) = 27 then try_strptime(value, '%Y-%m-%dT%H:%M:%S.%fZ') end,
        any_log_time(value)
    );

-- Text without the CR of a CRLF ending. rtrim() would do, and took as long as parsing the line.
create or replace temp macro without_cr(line) as
    case when ends_with(line, chr(13)) then left(line, -1) else line end;

create or replace temp macro is_object(line) as
    case when starts_with(line, '{') then true else starts_with(ltrim(line, ' ' || chr(9)), '{') end;

create or replace temp macro is_blank(line) as
    trim(line, ' ' || chr(9) || chr(13)) = '';

-- A duration in whole milliseconds; NULL unless it is a number of less than a day.
create or replace temp macro duration_of(value, milliseconds) as
    case when abs(try_cast(value as double) * milliseconds) < 86400000 then
        try_cast(round(try_cast(value as double) * milliseconds) as bigint)
    end;

-- A time that a log can be of. What lies outside is a fault of the line, and would carry every
-- window of the merge to the end of the calendar.
create or replace temp macro plausible(moment) as
    case when moment >= timestamp '1970-01-01' and moment < timestamp '2300-01-01' then moment end;

-- A count as sent; NULL if it has more digits than a count has (a phone number has ten).
create or replace temp macro small_number(value) as
    case when length(value) <= 6 then try_cast(value as integer) end;

create or replace temp macro surface_of(path) as
    case
        when starts_with(path, '/api/v1/') then 'v1'
        when starts_with(path, '/api/salesforce/') then 'salesforce'
        when starts_with(path, '/api/hubspot/') then 'hubspot'
        when starts_with(path, '/api/slack/') then 'slack'
        when path is not null then 'other'
    end;

-- What many records share, as a struct in the order of store.context; an empty text is absent.
create or replace temp macro context_of(
    log, event, level, surface, service, service_version, host, http_method, http_route,
    delivery_service, internal_code, error_type
) as {
    'log': log,
    'event': nullif(event, ''),
    'level': nullif(level, ''),
    'surface': nullif(surface, ''),
    'service': nullif(service, ''),
    'service_version': nullif(service_version, ''),
    'host': nullif(host, ''),
    'http_method': nullif(http_method, ''),
    'http_route': nullif(http_route, ''),
    'delivery_service': nullif(delivery_service, ''),
    'internal_code': nullif(internal_code, ''),
    'error_type': nullif(error_type, '')
};

-- Two or more whole JSON objects on one line, and nothing else. A `}{` inside a string is no border:
-- pieces are put together again until they are valid. The mark between them stands in no valid JSON.
create or replace temp macro is_glued(line) as
    regexp_matches(line, '\}\s*\{')
    and not contains(line, chr(30))
    and json_valid(list_reduce(
        string_split(regexp_replace(line, '\}\s*\{', '}' || chr(30) || '{', 'g'), chr(30)),
        lambda sofar, part: case when json_valid(sofar) then part else sofar || part end
    ));

-- Why a line is no JSON object. An object that is valid is not parsed again to say so: of a long line each
-- parse takes many times its size in memory.
create or replace temp macro no_object(line) as
    case
        when is_blank(line) then 'blank'
        when case when is_object(line) then false else json_valid(line) end then 'not_object'
        when is_glued(line) then 'glued'
        else 'json'
    end;

-- The same for OTLP, where an object may lack the list that it should have.
create or replace temp macro no_request(line) as
    case when is_object(line) and json_valid(line) then 'shape' else no_object(line) end;

-- Retry-After is seconds or an HTTP date (RFC 9110, 10.2.3).
create or replace temp macro retry_after_seconds(value, answered_at) as
    case
        when value is null or value in ('', '-') then null
        when regexp_full_match(value, '[0-9]{1,6}') then try_cast(value as integer)
        else try_cast(date_diff('second', answered_at, try_strptime(value, '%a, %d %b %Y %H:%M:%S GMT')) as integer)
    end;

-- The two ways nginx says that a variable has no value.
create or replace temp macro absent(value) as nullif(nullif(value, '-'), '');

-- How OTLP writes attributes, for from_json: a list of keys and typed values.
create or replace temp macro attributes_shape() as
    '[{"key": "VARCHAR", "value": {
        "stringValue": "VARCHAR", "intValue": "VARCHAR", "boolValue": "VARCHAR", "doubleValue": "VARCHAR"
    }}]';

-- Attributes as a map of texts; the first of a key counts.
create or replace temp macro attributes_of(attributes) as
    map_from_entries(list_transform(
        list_filter(attributes, lambda attribute, i:
            attribute.key is not null
            and i = list_position(list_transform(attributes, lambda other: other.key), attribute.key)),
        lambda attribute: {
            'key': attribute.key,
            'value': coalesce(
                attribute.value."stringValue", attribute.value."intValue",
                attribute.value."boolValue", attribute.value."doubleValue"
            )
        }
    ));

-- ---- what wrappers need (wrappers/*.sql)

create or replace temp macro without_newline(value) as
    rtrim(value, chr(10) || chr(13));

-- A JSON list of bytes as text; NULL if it is not UTF-8. Colours (ANSI escapes) are taken off.
create or replace temp macro text_of_bytes(bytes) as
    regexp_replace(
        try(decode(unhex(array_to_string(
            list_transform(try_cast(bytes as utinyint[]), lambda byte: printf('%02x', byte)), ''
        )))),
        '\x1b\[[0-9;]*m', '', 'g'
    );

-- Severity of syslog (RFC 5424, 6.2.1) from a priority, or from a severity alone.
create or replace temp macro syslog_level(priority) as
    ['emergency', 'alert', 'critical', 'error', 'warn', 'notice', 'info', 'debug'][
        try_cast(priority as integer) % 8 + 1
    ];

-- A time without a year, of a file last changed at file_at: in the year that makes it at most a day later.
create or replace temp macro with_year(value, file_at) as
    strftime(
        list_filter(
            list_transform(
                [1, 0, -1, -2, -3, -4],
                lambda shift: try_strptime(
                    (year(file_at) + shift) || ' ' || regexp_replace(value, ' +', ' ', 'g'), '%Y %b %d %H:%M:%S'
                )
            ),
            lambda moment: moment <= file_at + interval 1 day
        )[1],
        '%Y-%m-%d %H:%M:%S'
    );
