-- logfmt: key=value pairs, a value bare or in quotes. Words without a value may stand between them.
-- Values lose their quotes here, once: each field that is asked for looks at them again.
select
    * exclude (pairs),
    case when pairs is not null then {
        'keys': list_transform(pairs, lambda pair: split_part(pair, '=', 1)),
        'cells': list_transform(pairs, lambda pair: unquoted(substr(pair, strpos(pair, '=') + 1)))
    } end as p
from (
    select
        *,
        case
            when flaw is not null then null
            when is_blank(line) then 'blank'
            when not regexp_full_match(
                line, '\s*(?:[^\s="]+(?:=(?:"(?:[^"\\]|\\.)*"|[^\s"]*))?(?:\s+|$))+'
            ) or not contains(line, '=') then 'syntax'
        end as fault,
        case when flaw is null and fault is null then
            regexp_extract_all(line, '[^\s="]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)')
        end as pairs
    from peeled
)
