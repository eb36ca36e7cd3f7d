-- `docker compose logs`: name of the service, padded, a bar, the message. Colours are taken off.
-- Tried: 9
-- Looks like: ^(?:\x1b\[[0-9;]*m)*[A-Za-z0-9][A-Za-z0-9_.-]* +\|(?:\x1b\[[0-9;]*m)* 
with read as (
    select
        *,
        case when flaw is null then
            regexp_extract(
                without_cr(line),
                '^(?:\x1b\[[0-9;]*m)*([A-Za-z0-9][A-Za-z0-9_.-]*) +\|(?:\x1b\[[0-9;]*m)*(?: (?:\x1b\[[0-9;]*m)*(.*))?$',
                ['service', 'message']
            )
        end as w
    from lines
)
select
    * exclude (w) replace (
        case when w.service <> '' then w.message else line end as line,
        case when flaw is null and w.service = '' and not is_blank(line) then 'wrapper' else flaw end as flaw,
        coalesce(nullif(w.service, ''), wrapped_service) as wrapped_service
    )
from read
