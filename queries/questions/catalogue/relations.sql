-- Every documented relation of the contract: views, and macros that people may call.
-- Grain: one row per view or macro.
select
    v.view_name as name,
    'view' as kind,
    v.comment,
    ''::varchar as parameters
from duckdb_views() as v
where v.database_name = current_database() and v.schema_name = 'main' and not v.internal
union all
select
    f.function_name,
    case f.function_type when 'table_macro' then 'table macro' else 'macro' end,
    f.comment,
    array_to_string(f.parameters, ', ')
from duckdb_functions() as f
where
    f.database_name = current_database()
    and f.schema_name = 'main'
    and f.function_type in ('macro', 'table_macro')
order by kind desc, name
