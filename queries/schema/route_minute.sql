-- First attempts by minute and route, over all tenants: when in the hour 4002 is met.
-- Grain: one row per minute and route with a first attempt.
--
-- minute: start of the minute in which the requests were received, UTC
-- http_route: route template
-- first_attempts: first attempts of their operation
-- refused_first_attempts: of these, answered 4002
create table store.route_minute (
    minute timestamp not null,
    http_route varchar,
    first_attempts bigint not null,
    refused_first_attempts bigint not null
);
