-- Each key of store.meta, each parameter, each source number and each run number stands once.
-- Next: report it: a view that looks one up would fail or count double.
select 'store.meta' as relation, m.key as name, count(*) as rows_found
from store.meta as m
group by all
having count(*) > 1
union all
select 'store.parameter', p.parameter, count(*)
from store.parameter as p
group by all
having count(*) > 1
union all
select 'store.source', 's' || s.source_no, count(*)
from store.source as s
group by all
having count(*) > 1
union all
select 'store.ingest_run', i.run_no::varchar, count(*)
from store.ingest_run as i
group by all
having count(*) > 1
