-- syslog as RFC 5424 has it: priority, 1, time, host, application, process, message id, structured data,
-- message. A length in front (octet counting, RFC 6587) is passed over; so is a byte order mark.
-- Tried: 7
-- Looks like: ^(?:[0-9]{1,6} )?<[0-9]{1,3}>1 (?:-|[0-9]{4}-)\S* \S+ \S+ \S+ \S+ [-\[]
with read as (
    select
        *,
        case when flaw is null then
            regexp_extract(
                without_cr(line),
                '^(?:[0-9]{1,6} )?<([0-9]{1,3})>1 (-|[0-9]{4}-\S+) (\S+) (\S+) \S+ \S+ '
                || '(?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: ' || chr(65279) || '?(.*))?$',
                ['priority', 'at', 'host', 'application', 'message']
            )
        end as w
    from lines
)
select
    * exclude (w) replace (
        case when w.at <> '' then w.message else line end as line,
        case when flaw is null and w.at = '' and not is_blank(line) then 'wrapper' else flaw end as flaw,
        coalesce(absent(w.at), wrapped_at) as wrapped_at,
        coalesce(absent(w.host), wrapped_host) as wrapped_host,
        coalesce(absent(w.application), wrapped_service) as wrapped_service,
        coalesce(syslog_level(w.priority), wrapped_level) as wrapped_level
    )
from read
