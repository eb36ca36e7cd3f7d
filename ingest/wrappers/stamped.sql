-- A time in front of each message, as CloudWatch's export to S3, `docker logs -t` and
-- `kubectl logs` with timestamps put it there.
-- Tried: 10
-- Looks like: ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2}) 
with read as (
    select
        *,
        case when flaw is null then
            regexp_extract(
                without_cr(line),
                '^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2}))(?: (.*))?$',
                ['at', 'message']
            )
        end as w
    from lines
)
select
    * exclude (w) replace (
        case when w.at <> '' then w.message else line end as line,
        case when flaw is null and w.at = '' and not is_blank(line) then 'wrapper' else flaw end as flaw,
        coalesce(nullif(w.at, ''), wrapped_at) as wrapped_at
    )
from read
