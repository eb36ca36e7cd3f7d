-- The customer-facing API surfaces, from seeds/api_surfaces.csv.
-- Grain: one row per surface.
--
-- surface: its name
-- path_prefix: beginning of its paths
-- envelopes: error shapes it may answer with
-- trace_id_digits: hex digits of its trace ids
-- fails_over_200: whether logical failures are answered over HTTP 200
-- retried_by: who retries there
create table store.api_surface (
    surface varchar not null,
    path_prefix varchar not null,
    envelopes varchar[] not null,
    trace_id_digits smallint not null,
    fails_over_200 boolean not null,
    retried_by varchar not null
);
