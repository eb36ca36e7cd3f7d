-- What clients did, counted by caller and hour; refreshed at ingest for the hours it touched.
-- Grain: one row per caller, hour and thing counted that happened.
--
-- tenant_id: caller
-- hour: full hour in which the request was received, UTC
-- counted: what was counted; refresh_conduct.sql has the list
-- cases: how often
-- trace_ids: the first three; NULL for what is only counted
create table store.conduct_hour (
    tenant_id varchar not null,
    hour timestamp not null,
    counted varchar not null,
    cases bigint not null,
    trace_ids varchar[]
);
