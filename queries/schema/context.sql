-- What many log records share: kind of event, emitter, endpoint. Events name it by id, which is
-- quicker to write than twelve texts, and each text is redacted once.
-- Grain: one row per combination.
--
-- context_id: hash of the twelve texts; never shown, since DuckDB does not promise it across versions
-- log: app, edge or otlp
-- event: kind of event as logged; response.sent for edge and OTLP records
-- level: severity as logged
-- surface: API surface as logged, else by path prefix
-- service: emitting service
-- service_version: its version
-- host: its host
-- http_method: request method
-- http_route: route template
-- delivery_service: internal delivery service
-- internal_code: internal error code
-- error_type: internal exception type
create table store.context (
    context_id ubigint not null,
    log varchar not null,
    event varchar,
    level varchar,
    surface varchar,
    service varchar,
    service_version varchar,
    host varchar,
    http_method varchar,
    http_route varchar,
    delivery_service varchar,
    internal_code varchar,
    error_type varchar
);
