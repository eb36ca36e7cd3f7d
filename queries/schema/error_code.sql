-- Catalogue of error codes, from seeds/error_codes.csv.
-- Grain: one row per code.
--
-- error_code: the stable integer
-- error_type: its name
-- name_source: reference where the API reference gives the name, chertlog where we chose it
-- http_statuses: documented HTTP statuses
-- retryable: documented default
-- error_class: client, auth, platform, capacity or delivery
-- meaning: what it means
-- action: what the caller should do
-- retry_strategy: how to retry, in the reference's words
create table store.error_code (
    error_code integer not null,
    error_type varchar not null,
    name_source varchar not null,
    http_statuses smallint[] not null,
    retryable boolean not null,
    error_class varchar not null,
    meaning varchar not null,
    action varchar not null,
    retry_strategy varchar not null
);
