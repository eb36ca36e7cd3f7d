-- Traces of sources about to be forgotten: they are merged anew from what other logs say of them.
create or replace temp table forgotten_trace as
select distinct trace_id, occurred_at
from store.event
where source_no in (select unnest($source_nos::integer[])) and trace_id is not null
