-- Responses and errors by where they came from. Tenants cannot be summed, so each grain that is shown
-- has rows of its own.
-- Grain: one row per hour, kind of origin, origin and internal code.
--
-- hour: start of the hour in which the responses were sent, UTC
-- kind: version, host or delivery_service
-- origin: the service version, host or delivery service; NULL where the logs do not name it
-- internal_code: internal code of the failed delivery; only for delivery services
-- responses: responses, unclassified included
-- unclassified: responses only the edge log saw
-- errors: responses whose body reports an error
-- server_errors: errors of class platform or delivery, and those without a code under a status of 500 or more
-- tenants_hit: distinct tenants with an error
create table store.origin_hour (
    hour timestamp not null,
    kind varchar not null,
    origin varchar,
    internal_code varchar,
    responses bigint not null,
    unclassified bigint not null,
    errors bigint not null,
    server_errors bigint not null,
    tenants_hit bigint not null
);
