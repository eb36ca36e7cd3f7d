-- The time up to which the data reach.
-- The condition keeps DuckDB from answering out of statistics, which still know deleted rows.
select max(occurred_at)::varchar from store.event where source_no > 0
