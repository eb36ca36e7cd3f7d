-- logfmt: key=value pairs, a value bare or in quotes. Words without a value may stand between them.
select
    *,
    case
        when flaw is not null then null
        when is_blank(line) then 'blank'
        when not regexp_full_match(
            line, '\s*(?:[^\s="]+(?:=(?:"(?:[^"\\]|\\.)*"|[^\s"]*))?(?:\s+|$))+'
        ) or not contains(line, '=') then 'syntax'
    end as fault,
    case when flaw is null and fault is null then {
        'keys': regexp_extract_all(line, '([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)', 1),
        'cells': regexp_extract_all(line, '([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)', 2)
    } end as p
from peeled
