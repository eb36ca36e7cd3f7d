-- A line of text, by a regular expression for the whole of it. Group `whole` tells a match.
select
    matched.*,
    case when matched.flaw is null and matched.p.whole = '' then
        case when is_blank(matched.line) then 'blank' else 'syntax' end
    end as fault
from (
    select
        *,
        case when flaw is null then
            regexp_extract(without_cr(line), {pattern}, {names})
        end as p
    from peeled
) as matched
