-- Hours in which a tenant was answered 4002, by when the requests were received: what can be said
-- without knowing the routes. Sums that depend on routes are in store.saturation_route.
-- Grain: one row per tenant and hour with a 4002.
--
-- tenant_id: caller; NULL if unknown
-- hour: start of the hour, UTC
-- refused: responses 4002
-- refused_first_attempts: of these, first attempts of their operation
-- refused_operations: distinct operations answered 4002
-- unmet_operations: of these, those without a success received before the hour ended
-- returned_operations: unmet operations that tried again in the first minutes (relief_window_min) of the next hour
-- drained_operations: unmet operations that succeeded there
-- first_refused_at: when the first request answered 4002 was received, UTC
-- onset_at: the first of onset_refusals refusals within onset_window_s; NULL if they never came so close
-- last_refused_at: when the last request answered 4002 was received, UTC
-- told: refusals that said how long to wait
-- told_less_top_ms: median over these of the time told less the time from the answer to the next full hour
-- next_retries: retries of a 4002 received in the next hour
-- next_retries_minute_0: of these, in its first minute
create table store.saturation_hour (
    tenant_id varchar,
    hour timestamp not null,
    refused bigint not null,
    refused_first_attempts bigint not null,
    refused_operations bigint not null,
    unmet_operations bigint not null,
    returned_operations bigint not null,
    drained_operations bigint not null,
    first_refused_at timestamp not null,
    onset_at timestamp,
    last_refused_at timestamp not null,
    told bigint not null,
    told_less_top_ms bigint,
    next_retries bigint not null,
    next_retries_minute_0 bigint not null
);
