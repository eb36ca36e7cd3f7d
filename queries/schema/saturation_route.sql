-- Attempts by route in hours in which the tenant was answered 4002. Kept by route, because which routes
-- have a quota is only known from all data: those that ever answered 4002.
-- Grain: one row per tenant, hour with a 4002 and route.
--
-- tenant_id: caller; NULL if unknown
-- hour: start of the hour, UTC
-- http_route: route template
-- attempts: responses to requests received in the hour
-- first_attempts: of these, first attempts of their operation
-- accepted: of these, successes
-- refused: of these, answered 4002
-- attempts_after_onset: attempts received after the onset; 0 where there was none
-- accepted_after_onset: of these, successes
-- relief_attempts: responses to requests received in the first minutes (relief_window_min) of the next hour
-- relief_accepted: of these, successes
-- relief_refused: of these, answered 4002
create table store.saturation_route (
    tenant_id varchar,
    hour timestamp not null,
    http_route varchar,
    attempts bigint not null,
    first_attempts bigint not null,
    accepted bigint not null,
    refused bigint not null,
    attempts_after_onset bigint not null,
    accepted_after_onset bigint not null,
    relief_attempts bigint not null,
    relief_accepted bigint not null,
    relief_refused bigint not null
);
