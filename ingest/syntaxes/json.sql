-- One JSON object a record. What is read of it stands in `p`; of a key that occurs twice the first counts.
select
    *,
    case when flaw is null and is_object(line) and json_valid(line) then
        from_json(line, {schema})
    end as p,
    case when flaw is null and p is null then no_object(line) end as fault
from peeled
