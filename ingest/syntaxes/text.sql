-- Any text. All that is known of it is what its wrapper says; the text itself is not kept.
select
    *,
    null as p,
    case when flaw is null then
        case when is_blank(line) then 'blank' when wrapped_at is null then 'syntax' end
    end as fault
from peeled
