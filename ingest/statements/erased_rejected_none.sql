-- Nobody is forgotten: only age decides.
create or replace temp table erased_rejected (source_no integer, line_number bigint, record_number integer)
