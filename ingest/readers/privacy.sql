-- What may be stored of a log line, as macros for the readers.
-- Every pattern runs behind a cheap test, because most values hold nothing to hide.
-- The key arrives as connection variables (ingest/privacy.py) and is never stored.

-- HMAC-SHA-256 (RFC 2104) of a text, as hex.
create or replace temp macro hmac_hex(value) as
    sha256(
        getvariable('key_outer')
        || unhex(sha256(getvariable('key_inner') || encode(value)))
    );

-- One spelling for one number: digits with country code. 00 and 011 are dialling prefixes; ten
-- digits alone are a North American number (the reference's own examples are +1).
create or replace temp macro e164(digits) as
    case
        when starts_with(digits, '011') and length(digits) > 11 then substr(digits, 4)
        when starts_with(digits, '00') then substr(digits, 3)
        when length(digits) = 10 then '1' || digits
        else digits
    end;

-- Digits of other scripts (full-width, Arabic-Indic, Persian, Devanagari) as ASCII digits.
create or replace temp macro ascii_digits(value) as
    case when regexp_matches(value, '[^\x00-\x7f]') then
        translate(
            value,
            '０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९',
            '0123456789012345678901234567890123456789'
        )
    else value end;

create or replace temp macro canonical_spelling(value) as
    case
        when regexp_matches(value, '[A-Za-z@]') then lower(value)
        else e164(regexp_replace(value, '[^0-9]', '', 'g'))
    end;

create or replace temp macro canonical_address(value) as
    case
        when regexp_full_match(value, '\+[0-9]{8,15}') then substr(value, 2)
        else canonical_spelling(regexp_replace(ascii_digits(trim(value)), '^(?i:tel|sms|callto):', ''))
    end;

-- Pseudonym of a phone number or address: 2 hex digits name the key, 14 are the HMAC.
create or replace temp macro pseudonym(value) as
    ('0x' || getvariable('key_id') || substr(hmac_hex(canonical_address(value)), 1, 14))::ubigint;

-- Keyed hash of an opaque key or hash. One SHA-256 over secret and value is enough here, since the
-- output is cut (no length extension), and takes a third of the time of an HMAC.
create or replace temp macro rekey(value) as
    ('0x' || getvariable('key_id')
        || substr(sha256(getvariable('key_plain') || encode(value)), 1, 14))::ubigint;

-- What a tombstone holds of somebody forgotten: another hash than the pseudonym, so that a database
-- that once showed the pseudonym cannot be joined with it.
create or replace temp macro tombstone_hash(kind, name) as rekey(concat_ws(':', 'forgotten', kind, name));

-- Whether a text may hold a number, a credential, an address or quoted user text. ASCII classes
-- only: a Unicode class (\p{Nd}) made this test 25 times slower, so any other script is suspect.
create or replace temp macro suspect_pattern(token_class) as
    '[0-9](?:[^A-Za-z0-9]{0,3}[0-9]){6}|[^\x00-\x7f]'
    || '|@|''[^'']*\s|"[^"]*\s|' || token_class || '{28}'
    || '|(?i:bearer|basic[^a-z]|token|secret|passw|signature|cookie|authori[sz]ation|api.?key)'
    || '|eyJ|AKIA|-----BEGIN|\b[a-z]{2,4}_(?:live|test)_'
    -- An address but of this network (10., 127.), and not as part of a version (Chrome/120.0.0.0).
    || '|(?:^|[\s=(,:"\[])(?:[1-9]|1[1-9]|[2-9][0-9]|1[013-9][0-9]|12[0-689]|2[0-9]{2})\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]'
    || '|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:';

create or replace temp macro is_suspect(value) as
    regexp_matches(value, suspect_pattern('[A-Za-z0-9+/=_-]'));

-- A text with everything replaced that is not ours to keep. Order matters: whole secrets first,
-- so that no pattern for a part of one leaves the rest behind.
create or replace temp macro redact_always(value) as
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        ascii_digits(value),
        '(?s)-----BEGIN.*|(?i)(?:cookie|signature)"?\s*[:=].*', '[secret]', 'g'),
        '(?i)(bearer|basic)[^A-Za-z0-9]+[^\s"'',;]+', '\1 [secret]', 'g'),
        '(?i)\b([a-z_-]*(?:authori[sz]ation|cookie|signature|token|secret|passw(?:or)?d|api[_-]?key)"?\s*[:=]\s*)'
            || '(?:"[^"]*"?|[^\s"'',;&]+)', '\1[secret]', 'g'),
        '(?:eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*|AKIA[0-9A-Z]+|\b[a-z]{2,4}_(?:live|test)_[A-Za-z0-9_-]+)',
            '[secret]', 'g'),
        '[^\s@<>"'',;:=]+@[^\s@<>"'',;]+', '[address]', 'g'),
        '(^|[\s=(,:"\[])(?:[1-9]|1[1-9]|[2-9][0-9]|1[013-9][0-9]|12[0-689]|2[0-9]{2})(?:\.[0-9]{1,3}){3}\b', '\1[address]', 'g'),
        '(?:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:.]*', '[address]', 'g'),
        '''[^'']*\s[^'']*''|"[^"]*\s[^"]*"', '[text]', 'g'),
        '[A-Za-z0-9+/=_-]{32,}', '[secret]', 'g'),
        '\(?\+?[0-9](?:[^A-Za-z0-9]{0,3}[0-9]){9,}', '[number]', 'g'),
        '(^|[^A-Za-z0-9])\(?\+?[0-9](?:[^A-Za-z0-9]{0,3}[0-9]){6,8}($|[^A-Za-z0-9])', '\1[number]\2', 'g');

create or replace temp macro redact(value) as
    case when is_suspect(value) then redact_always(value) else value end;

-- A pseudonym without digits.
create or replace temp macro in_letters(number) as
    translate(printf('%016x', number), '0123456789abcdef', 'ghijklmnopqrstuv');

-- A segment of a path that is nothing but a number or an address becomes its pseudonym, the same as
-- the recipient's, so that forgetting somebody reaches paths. Spelled in letters: the redaction that
-- follows would take hex digits for a number.
create or replace temp macro path_segment(value) as
    '[' || case
        when regexp_full_match(value, '(?i:(?:tel|sms):)?[^A-Za-z@]*[0-9][^A-Za-z@]*')
            and length(regexp_replace(value, '[^0-9]', '', 'g')) between 7 and 15
            then 'number:'
        when regexp_full_match(value, '[^@\s]+@[^@\s]+') then 'address:'
    end || in_letters(pseudonym(value)) || ']';

-- The pseudonyms that path_segment left in a path.
create or replace temp macro numbers_in_path(path) as
    list_transform(
        regexp_extract_all(path, '\[(?:number|address):([g-v]{16})\]', 1),
        lambda letters: ('0x' || translate(letters, 'ghijklmnopqrstuv', '0123456789abcdef'))::ubigint
    );

-- A text without its percent-encoding. Bytes that are no UTF-8 would be an error, for all lines of a load:
-- in such a text only what is ASCII is decoded.
create or replace temp macro url_decoded(value) as
    coalesce(try(url_decode(value)), url_decode(regexp_replace(value, '%[89A-Fa-f][0-9A-Fa-f]', '?', 'g')));

-- What percent-encoding hides in a path: digits of a number are never encoded, what stands between
-- them is.
create or replace temp macro decoded_segment(value) as
    case when contains(value, '%') then
        regexp_replace(
            regexp_replace(ascii_digits(url_decoded(value)), '[\x00-\x1f]', '', 'g'), '^ +| +$', '', 'g'
        )
    else ascii_digits(value) end;

-- A path keeps its shape: a number in it becomes a pseudonym, so that paths stay distinct. Segments
-- are judged one by one, or a long path would look like one long token; a query is cut off. What is
-- left of a number, an address or a secret inside a segment is replaced together, and named by a hash
-- of the whole path.
create or replace temp macro redact_path(value) as
    case
        when regexp_matches(value, suspect_pattern('[A-Za-z0-9+=_-]') || '|[?#;%]') then
            regexp_replace(
                replace(redact_always(case
                    -- Patterns inside a lambda are compiled anew for each vector: only where they can matter.
                    when regexp_matches(value, '(?i)[%@]|[^\x00-\x7f]|tel:|sms:|(?:^|/)[^A-Za-z/]*[0-9][^A-Za-z/]*(?:/|$|[?#;])')
                        then array_to_string(list_transform(
                            -- Decoded in a list of its own: a macro repeats its argument wherever it uses it.
                            list_transform(
                                string_split(regexp_replace(value, '[?#;].*', ''), '/'),
                                lambda segment: {'raw': segment, 'decoded': decoded_segment(segment)}
                            ),
                            lambda segment: coalesce(
                                path_segment(segment.decoded),
                                case when is_suspect(segment.decoded) then segment.decoded end,
                                segment.raw
                            )
                        ), chr(31))
                    else replace(regexp_replace(value, '[?#;].*', ''), '/', chr(31))
                end), chr(31), '/'),
                '\[(number|secret|address)\]',
                '[\1:' || substr(hmac_hex(value), 1, 8) || ']', 'g'
            )
        else value
    end;

-- A version keeps its digits: a calendar version looks much like a phone number.
create or replace temp macro clean_version(value) as
    case
        when regexp_full_match(value, 'v?(?:[0-9]{1,2}\.|20[0-9]{2}[.-])[0-9A-Za-z.+_-]{1,24}')
            and not regexp_matches(value, '[0-9]{7}') then value
        else redact(value)
    end;

-- An id of ours is short and plain; anything else in its place is replaced by a keyed hash.
-- Whether it is 8 or 12 hex digits is told by a cast: a pattern takes three times as long.
create or replace temp macro safe_id(value) as
    case
        when strlen(value) in (8, 12) and try_cast('0x' || value as ubigint) is not null then value
        when regexp_full_match(value, '[0-9A-Za-z_.-]{1,32}')
            and not regexp_full_match(value, '[0-9]{9,11}|[0-9]{13,}|[0-9]+(?:[.-][0-9]+)+|(?:eyJ|AKIA).*|[a-z]{2,4}_(?:live|test)_.*')
            then value
        else 'x_' || substr(hmac_hex(value), 1, 16)
    end;

-- What many records share (context_of), redacted.
create or replace temp macro redact_context(context) as {
    'log': context.log,
    'event': redact(context.event),
    'level': redact(context.level),
    'surface': redact(context.surface),
    'service': redact(context.service),
    'service_version': clean_version(context.service_version),
    'host': redact(context.host),
    'http_method': redact(context.http_method),
    'http_route': redact(context.http_route),
    'delivery_service': redact(context.delivery_service),
    'internal_code': redact(context.internal_code),
    'error_type': redact(context.error_type)
};

-- Address of a client, without the part that names one subscriber. What stands behind a double colon is never
-- among the first 48 bits, unless it stands for less than they lack: then nothing is kept.
create or replace temp macro truncate_ip(value) as
    case
        when regexp_matches(value, '^(?:(?i:::ffff:))?[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?$')
            then regexp_extract(value, '[0-9]+\.[0-9]+\.[0-9]+\.') || '0/24'
        when contains(value, ':') and regexp_full_match(value, '\[?[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\]:[0-9]+|\]|[%/].*)?')
            then array_to_string(list_transform(
                (string_split(split_part(ltrim(value, '['), '::', 1), ':') || ['0', '0', '0'])[1:3],
                lambda part: coalesce(nullif(part, ''), '0')
            ), ':') || '::/48'
    end;

-- A quarantined line as it may be shown: fields that cannot hold personal data keep their values,
-- of everything else only the shape is left (x for a letter, 9 for a digit).
create or replace temp macro excerpt_of(line) as
    case
        when regexp_matches(line, '"(?:ts|event|trace_id|timeUnixNano)"|trace_id=') then
            '… ' || array_to_string(list_transform(
                regexp_extract_all(
                    line,
                    '"(?:ts|level|event|service|version|host|trace_id|surface|http\.method|http\.status|duration_ms)"'
                    || '\s*:\s*(?:"[A-Za-z0-9_.:+-]{1,40}"|-?[0-9.]{1,12})'
                    || '|\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4}\]|trace_id=[0-9a-f-]{1,12}\b',
                    0
                )[1:12],
                lambda field: case
                    when regexp_matches(field, '^(?:"ts".*"20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-9:.]+Z?"|\[.*\])$')
                        then field
                    when regexp_matches(field, '^"?trace_id')
                        and safe_id(regexp_extract(field, '([0-9A-Za-z_.:+-]+)"?$', 1))
                            = regexp_extract(field, '([0-9A-Za-z_.:+-]+)"?$', 1)
                        then field
                    else redact_always(field)
                end
            ), ' … ') || ' …'
        else left(regexp_replace(regexp_replace(regexp_replace(
            left(line, 160), '[0-9]', '9', 'g'), '[A-Za-z]', 'x', 'g'), '[^\x20-\x7e]', '?', 'g'), 160)
    end;
