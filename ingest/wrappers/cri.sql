-- Kubernetes' container runtimes (CRI): time, stream, P or F, message. Parts marked P go on in the next
-- line of the same stream, up to one marked F.
-- Tried: 3
-- Looks like: ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+) std(?:out|err) [PF](?::\S*)? 
with read as (
    select
        *,
        case when flaw is null then
            regexp_extract(
                without_cr(line), '^([0-9]{4}-\S+) (stdout|stderr) ([PF])(?::\S*)? (.*)$',
                ['at', 'stream', 'tag', 'message']
            )
        end as w
    from lines
)
select
    * exclude (w) replace (
        case when w.at <> '' then w.message else line end as line,
        case when flaw is null and w.at = '' and not is_blank(line) then 'wrapper' else flaw end as flaw,
        coalesce(nullif(w.at, ''), wrapped_at) as wrapped_at,
        coalesce(w.stream, '') as stream,
        coalesce(w.tag = 'P', false) as part
    )
from read
