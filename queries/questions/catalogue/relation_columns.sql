-- Columns of one view with type and comment.
-- Grain: one row per column.
select
    c.column_name as name,
    c.data_type as type,
    coalesce(c.comment, '') as comment
from duckdb_columns() as c
where
    c.database_name = current_database()
    and c.schema_name = 'main'
    and c.table_name = $name
order by c.column_index
