-- Statements that try to get out of the sandbox, one a line, by what they are after.
-- {database}: the published file; {secret}: a file beside it; {new}: a file that must not come to be.

-- Files, by every function that reads one.
select * from read_csv('{secret}')
select * from read_csv_auto('{secret}')
select * from read_text('{secret}')
select * from read_blob('{secret}')
select * from read_text('{database}')
select * from read_blob('{database}')
select * from read_json('{secret}')
select * from read_json_auto('{secret}')
select * from read_json_objects('{secret}')
select * from read_ndjson('{secret}')
select * from read_ndjson_auto('{secret}')
select * from read_ndjson_objects('{secret}')
select * from read_parquet('{secret}')
select * from parquet_scan('{secret}')
select * from parquet_metadata('{secret}')
select * from parquet_schema('{secret}')
select * from parquet_file_metadata('{secret}')
select * from parquet_kv_metadata('{secret}')
select * from read_duckdb('{database}')
select * from sniff_csv('{secret}')
select * from glob('/*')
select * from '{secret}'
select * from '/etc/passwd'
select * from "{secret}"
from '{database}'
select content from read_text('/proc/self/environ')
select (select content from read_text('{secret}'))
with recursive t as (select content from read_text('{secret}')) from t
select * from responses where trace_id in (select content from read_text('{secret}'))
select * from (values (1)) as v, lateral (select * from read_text('{secret}'))
describe select * from read_text('{secret}')
summarize '{secret}'
explain select * from read_text('{secret}')
select * from read_csv('http://127.0.0.1:9/x.csv')
select * from 's3://bucket/x.parquet'
select * from read_csv('/dev/stdin')
select * from read_text('/proc/self/fd/0')

-- Writing.
copy (select 1) to '{new}'
copy (select 1) to '{database}' (format csv, use_tmp_file false)
copy (select 1) to '{database}.wal' (format csv, use_tmp_file false)
copy (select 1) to '{secret}' (use_tmp_file false)
copy store.event to '{new}' (format parquet)
copy store.event from '{secret}'
copy from database "000001" to memory
export database '{new}'
import database '{new}'
insert into store.meta values ('a', 'b')
update store.meta set value = '0'
delete from store.event
truncate store.event
merge into store.meta using (select 1) as x on false when not matched then insert values ('a', 'b')
drop table store.event
drop view responses
alter table store.event add column x integer
create table t as select 1
create temp table t as select 1
create view v as select 1
create macro m() as 1
create schema s
create sequence q
create type t as enum ('a')
create secret (type s3)
create index i on store.event (trace_id)
comment on table store.event is 'x'
with x as (insert into store.meta values ('a', 'b') returning 1) from x
with x as (delete from store.event returning 1) from x
vacuum
checkpoint
force checkpoint
from checkpoint()
from force_checkpoint()
begin
commit
rollback
analyze

-- Other databases, extensions, settings.
attach ':memory:' as m
attach '{database}' as m
attach '{new}' as m
detach "000001"
use memory
install httpfs
load httpfs
load '{secret}'
force install httpfs from 'http://127.0.0.1:9'
update extensions
set memory_limit = '100GB'
set enable_external_access = true
set disabled_filesystems = ''
set lock_configuration = false
set temp_directory = '{new}'
set threads = 64
set global TimeZone = 'UTC'
set variable x = 1
reset memory_limit
reset all
pragma database_list
pragma enable_profiling
pragma profiling_output = '{new}'
pragma enable_logging
call enable_logging(storage = 'file', storage_path = '{new}')
call pragma_database_list()
from enable_logging()
from enable_profiling()
from register_external_resource('x', 'y')
from add_grammar_extension('x')
from remove_grammar_extension('x')

-- What the server is like.
select * from duckdb_settings()
from duckdb_settings
from system.main.duckdb_settings()
select current_setting('temp_directory')
select current_setting('secret_directory')
from duckdb_databases()
from "duckdb_databases"
from pragma_database_list
from pg_catalog.pg_settings
from duckdb_extensions()
from duckdb_secrets()
from which_secret('s3://x', 's3')
from duckdb_temporary_files()
from duckdb_external_file_cache()
from duckdb_logs()
from duckdb_logs
from duckdb_log_contexts()
from duckdb_logs_parsed('FileSystem')
from duckdb_variables()
from duckdb_prepared_statements()
from duckdb_memory()
from duckdb_profiling_settings()
select getenv('HOME')
select getvariable('key_outer')
select parse_path('{database}'), current_database(), current_schema(), version()
show databases
show all tables
from pragma_database_size()
from information_schema.tables
select sql from duckdb_views()

-- Text that is run later, or seen only then.
from query('select * from read_text(''{secret}'')')
from query_table('duckdb_settings')
from query_table(['duckdb_settings', 'pg_settings'])
from json_execute_serialized_sql(json_serialize_sql('select * from duckdb_settings()'))
from histogram('duckdb_settings', value)
from histogram_values('duckdb_settings', value)
select write_log('x')
prepare p as select 1
execute p
deallocate p
explain analyze select 1
explain (analyze) select 1
explain /**/ analyze copy (select 1) to '{new}'
explain copy (select 1) to '{new}'
select 1; copy (select 1) to '{new}'
select 1;; drop table store.event
select 1 /* ; */ ; -- ;
pivot read_text('{secret}') on filename using count(*)
select * from pandas_scan(0)
select * from arrow_scan(0, 0, 0)
select * from python_map_function(0)
select * from seq_scan('event')
from os
from sys
from con
from request
select sleep_ms(1)
select nextval('q')
