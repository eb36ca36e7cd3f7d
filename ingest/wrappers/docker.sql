-- Docker's json-file driver: one JSON object a line, the message in `log`. A message over 16 KiB is split;
-- only its last part ends in a newline.
-- Tried: 2
-- Looks like: ^\{"log": ?".*"stream": ?"std(?:out|err)"
with read as (
    select
        *,
        case when flaw is null and is_object(line) and json_valid(line) then
            from_json(line, '{"log": "VARCHAR", "stream": "VARCHAR", "time": "VARCHAR"}')
        end as w
    from lines
)
select
    * exclude (w) replace (
        case when w.log is null then line else without_newline(w.log) end as line,
        case when flaw is null and w.log is null and not is_blank(line) then 'wrapper' else flaw end as flaw,
        coalesce(w.time, wrapped_at) as wrapped_at,
        coalesce(w.stream, '') as stream,
        w.log is not null and not ends_with(w.log, chr(10)) as part
    )
from read
