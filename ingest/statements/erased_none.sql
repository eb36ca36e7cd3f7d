-- Nobody is forgotten: only age decides.
create or replace temp table erased_event (
    source_no integer, line_number bigint, record_number integer, trace_id varchar, tenant_id varchar,
    occurred_at timestamp
)
