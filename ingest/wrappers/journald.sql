-- `journalctl -o json`: every value a text, the message in MESSAGE. A message with control characters, or
-- not in UTF-8, is a list of bytes; one that was too large is null, one given twice a list: the first counts.
-- Tried: 4
-- Looks like: ^\{.*"__REALTIME_TIMESTAMP" ?: ?"[0-9]+"
with read as (
    select
        *,
        case when flaw is null and is_object(line) and json_valid(line) then
            from_json(line, '{
                "MESSAGE": "JSON", "PRIORITY": "VARCHAR", "__REALTIME_TIMESTAMP": "VARCHAR",
                "_HOSTNAME": "VARCHAR", "SYSLOG_IDENTIFIER": "VARCHAR", "_SYSTEMD_UNIT": "VARCHAR"
            }')
        end as w
    from lines
),
found as (
    select
        *,
        case json_type(w.MESSAGE)
            when 'VARCHAR' then w.MESSAGE ->> '$'
            when 'ARRAY' then case json_type(w.MESSAGE, '$[0]')
                when 'VARCHAR' then w.MESSAGE ->> '$[0]'
                when 'UBIGINT' then text_of_bytes(w.MESSAGE)
            end
        end as message
    from read
)
select
    * exclude (w, message) replace (
        coalesce(message, case when w.__REALTIME_TIMESTAMP is null then line else '' end) as line,
        case
            when flaw is not null or is_blank(line) then flaw
            when w.__REALTIME_TIMESTAMP is null then 'wrapper'
            when json_type(w.MESSAGE) = 'ARRAY' and message is null then 'encoding'
            when message is null and json_type(line, '$.MESSAGE') = 'NULL' then 'too_long'
            when message is null then 'wrapper'
        end as flaw,
        coalesce(w.__REALTIME_TIMESTAMP, wrapped_at) as wrapped_at,
        coalesce(w._HOSTNAME, wrapped_host) as wrapped_host,
        coalesce(w.SYSLOG_IDENTIFIER, w._SYSTEMD_UNIT, wrapped_service) as wrapped_service,
        coalesce(syslog_level(w.PRIORITY), wrapped_level) as wrapped_level
    )
from found
