-- A source and those that it grew from: together they hold the beginning of a file.
with recursive chain as (
    select s.source_no, s.grown_from
    from store.source as s
    where s.source_no = $source_no
    union all
    select s.source_no, s.grown_from
    from store.source as s
    inner join chain as c on s.source_no = c.grown_from
)
select source_no
from chain
