-- Small rules for formats that are not Chert's own (fields.sql), as macros.

-- A number since 1970 whose size says what it counts: seconds (11 digits at most), milliseconds,
-- microseconds or nanoseconds, whose last digits are cut off. NULL for what is too small or too large to tell.
create or replace temp macro epoch_time(value) as
    case
        when regexp_matches(value, '[eE]') then
            case when try_cast(value as double) between 1e8 and 1e11
                then make_timestamp(try_cast(round(try_cast(value as double) * 1e6) as bigint))
            end
        else make_timestamp((
            try_cast(value as decimal(28, 9)) * case
                when strlen(split_part(value, '.', 1)) between 9 and 11 then 1000000
                when strlen(split_part(value, '.', 1)) between 12 and 14 then 1000
                when strlen(split_part(value, '.', 1)) between 15 and 17 then 1
                else 0.001
            end - case when strlen(split_part(value, '.', 1)) > 17 then 0.4995 else 0 end
        )::bigint)
    end;

create or replace temp macro zone() as coalesce(getvariable('time_zone'), 'UTC');

-- The offset of the configured zone at a moment.
create or replace temp macro offset_at(moment) as timezone(zone(), moment) - timezone('UTC', moment);

-- A time as ISO 8601 has it, whether or not the log writes it so: a comma before the fraction, slashes.
create or replace temp macro iso_spelling(value) as
    case
        when strlen(value) >= 19 and value[5:5] in ('-', '/') then
            case when regexp_matches(value, '[,/]') then replace(replace(value, ',', '.'), '/', '-') else value end
        else value
    end;

-- Whether a time is one of the forms without an offset, which are local.
create or replace temp macro is_local_time(value) as
    case
        when value[5:5] = '-' then not regexp_matches(value, '(?:Z|[+-][0-9]{2}:?[0-9]{2})$')
        when value[3:3] = '/' then
            case strlen(value) when 20 then true when 26 then false else not regexp_matches(value, '[+-][0-9]{4}$') end
        else false
    end;

-- Any time that a log writes: RFC 3339 and what iso_spelling makes of it, a number since 1970, and the forms
-- of access logs (02/Mar/2026:00:00:01 +0000) and of HTTP. As UTC, but for a local time: that is as written.
create or replace temp macro any_time(value) as
    case
        when value[5:5] = '-' then log_time(value)
        when value[3:3] = '/' then
            case
                when strlen(value) = 20 then try_strptime(value, '%d/%b/%Y:%H:%M:%S')
                when ends_with(value, '+0000') and value[21:21] = ' ' then try_strptime(value, '%d/%b/%Y:%H:%M:%S +0000')
                when strlen(value) = 26 and value[21:21] = ' ' then
                    try_strptime(left(value, 20), '%d/%b/%Y:%H:%M:%S') - offset_of(substr(value, 22))
                when regexp_full_match(value, '.{11}[: ].{8}(?:\.[0-9]{1,6})?(?: ?[+-][0-9]{4})?') then
                    try_strptime(left(value, 11) || ' ' || substr(value, 13, 8), '%d/%b/%Y %H:%M:%S')
                    + to_microseconds(rpad(regexp_extract(value, '\.([0-9]+)', 1), 6, '0')::bigint)
                    - coalesce(offset_of(nullif(regexp_extract(value, '[+-][0-9]{4}$'), '')), interval 0 second)
            end
        when value[4:4] = ',' then try_strptime(value, '%a, %d %b %Y %H:%M:%S GMT')
        when regexp_full_match(value, '[0-9]{9,19}(?:\.[0-9]+)?|[0-9]\.[0-9]+[eE]\+?[0-9]+') then epoch_time(value)
    end;

-- A duration with its unit, such as 1.2ms, 0.12s or 4m; NULL for anything else.
create or replace temp macro duration_in_words(value) as
    case regexp_extract(value, '^[0-9]+(?:\.[0-9]+)?(ns|us|µs|ms|s|m|h)$', 1)
        when 'ns' then duration_of(rtrim(value, 'ns'), 0.000001)
        when 'us' then duration_of(rtrim(value, 'us'), 0.001)
        when 'µs' then duration_of(rtrim(value, 'µs'), 0.001)
        when 'ms' then duration_of(rtrim(value, 'ms'), 1)
        when 's' then duration_of(rtrim(value, 's'), 1000)
        when 'm' then duration_of(rtrim(value, 'm'), 60000)
        when 'h' then duration_of(rtrim(value, 'h'), 3600000)
    end;

-- Severity in lower case, under one name where loggers differ.
create or replace temp macro level_of(value) as
    case
        when regexp_full_match(value, '[A-Za-z][A-Za-z0-9+-]{0,15}') then
            case lower(value)
                when 'warning' then 'warn'
                when 'err' then 'error'
                when 'information' then 'info'
                when 'informational' then 'info'
                else lower(value)
            end
    end;

-- What kind of event a logger names: only a plain name is one, a sentence is a text.
create or replace temp macro event_of(value) as
    case when regexp_full_match(value, '[A-Za-z][A-Za-z_]*(?:[.:/-][A-Za-z_]+){0,5}') and strlen(value) <= 64 then value end;

-- The text of a value of logfmt.
create or replace temp macro unquoted(value) as
    case
        when starts_with(value, '"') then
            case when contains(value, chr(92))
                then replace(replace(value[2:-2], chr(92) || '"', '"'), chr(92) || chr(92), chr(92))
            else value[2:-2] end
        else value
    end;

-- A text as it was before a server escaped it (\x22, \"): quotes, backslashes and what is not ASCII. Control
-- characters stay escaped.
create or replace temp macro unescaped(value) as
    case
        when contains(value, chr(92)) then
            url_decoded(regexp_replace(
                regexp_replace(
                    replace(replace(value, '%', '%25'), chr(92) || chr(92), '%5C'),
                    '\\x(22|5[Cc]|[89A-Fa-f][0-9A-Fa-f])', '%\1', 'g'
                ),
                '\\(["/])', '\1', 'g'
            ))
        else value
    end;

create or replace temp macro unquoted_cell(value) as
    case when starts_with(value, '"') then replace(value[2:-2], '""', '"') else value end;

-- Ids of other systems. None of them is Chert's trace_id.
create or replace temp macro w3c_trace_id(value) as
    nullif(nullif(lower(regexp_extract(value, '(?:^|[^0-9A-Za-z])([0-9A-Fa-f]{32})(?:[^0-9A-Za-z]|$)', 1)), ''),
        '00000000000000000000000000000000');

create or replace temp macro xray_trace_id(value) as
    nullif(regexp_extract(value, '(?:^|Root=|Self=)(1-[0-9a-f]{8}-?[0-9a-f]{24})(?:$|;)', 1), '');

create or replace temp macro is_chert_id(value) as
    regexp_full_match(value, '[0-9a-f]{8}|[0-9a-f]{12}');

-- The request line: method and target. A target may be a whole address; its path is kept.
create or replace temp macro request_parts(value) as
    regexp_extract(value, '^([A-Z]{3,10}) (?:[a-z]{2,6}://[^/ ]*)?(\S+)(?: HTTP/[0-9.]+)?$', ['method', 'target']);

-- The text of a JSON value that is neither an object nor a list.
create or replace temp macro scalar(value) as
    case when not starts_with(value, '{') and not starts_with(value, '[') then value end;

-- An id that a server gave a request: hex digits or a UUID as they are, anything else as ids of ours.
create or replace temp macro safe_request_id(value) as
    case
        when regexp_full_match(value, '[0-9a-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}') then lower(value)
        else safe_id(value)
    end;
