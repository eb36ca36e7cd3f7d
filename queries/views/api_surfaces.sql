-- The customer-facing API surfaces of the API reference.
-- Grain: one row per surface.
--
-- surface: its name
-- path_prefix: beginning of its paths
-- envelopes: error shapes it may answer with
-- trace_id_digits: hex digits of its trace ids
-- fails_over_200: whether logical failures are answered over HTTP 200
-- retried_by: who retries there
select * from store.api_surface
