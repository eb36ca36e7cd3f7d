-- The error catalogue: every code of the API reference.
-- Grain: one row per error code.
--
-- error_code: the stable integer to build logic on
-- error_type: its name
-- name_source: reference where the API reference gives the name, chertlog where we chose it
-- http_statuses: documented HTTP statuses
-- retryable: documented default; a route may send another, and what was sent holds
-- error_class: client, auth, platform, capacity or delivery
-- meaning: what it means, in the words of the reference
-- action: what the caller should do, in the words of the reference
-- retry_strategy: how to retry, in the words of the reference
select * from store.error_code
order by error_code
