-- Retry storms: episodes in which a tenant retried far more than is normal for it, with the counts from
-- which view retry_storms judges them. Counted are attempts received from the first retry to the last.
-- Grain: one row per tenant and episode.
--
-- storm_id: low 64 bits of the MD5 of tenant_id and started_at
-- tenant_id: caller
-- first_minute: first minute of the episode, UTC
-- last_minute: last minute of the episode, UTC
-- is_burst: found by volume in a minute or less; otherwise by slow excess
-- started_at: first retry in these minutes, UTC
-- ended_at: last retry in these minutes, UTC
-- attempts: attempts
-- operations: distinct operations with an attempt
-- firsts: first attempts
-- retries: retries
-- unclassified: attempts only the edge log saw
-- errors: attempts answered by an error
-- errors_4002: errors with code 4002
-- errors_outage: errors with a code of 3xxx, 4001 or none
-- errors_uncoded: errors without a code
-- first_errors: first attempts answered by an error
-- first_unclassified: first attempts only the edge log saw
-- error_code: most frequent code of the errors; NULL if most frequently there was none
-- error_codes: all codes of the errors, most frequent first
-- recipients: distinct recipients
-- weak_retries: retries whose chain is inferred from weak_fingerprint
-- early_retries: retries sent sooner than told
-- retries_of_final_errors: retries that followed an answer with retryable = false
-- top_of_hour_retries: retries in the first minutes of an hour that followed a 4002 of an earlier hour
-- released_retries: retries in these minutes, not early, of an operation that met a 4002 in an earlier hour
-- operations_saved: operations with a retry here that succeeded by a retry, here or later
-- peak_retries_per_minute: most retries in one minute of the clock
-- peak_retries_10s: most retries in ten seconds of the clock
-- minute_retries: retries of the tenant in the minutes of the episode
-- minute_attempts: attempts of all tenants in these minutes
-- usual_retries: retries of the tenant in the baseline window before
-- usual_firsts: its first attempts in that window
-- day_firsts: its classified first attempts in the day before
-- day_first_errors: of these, errors
-- had_failing_firsts: whether most first attempts failed in five minutes of it or of the ten before
-- tail_minutes: minutes of the episode after first attempts had stopped failing
-- tail_attempts: attempts in these
-- tail_firsts: first attempts in these
-- tail_classified_firsts: classified first attempts in these
-- tail_first_errors: first attempts answered by an error in these
create table store.storm (
    storm_id ubigint not null,
    tenant_id varchar,
    first_minute timestamp not null,
    last_minute timestamp not null,
    is_burst boolean not null,
    started_at timestamp not null,
    ended_at timestamp not null,
    attempts integer not null,
    operations integer not null,
    firsts integer not null,
    retries integer not null,
    unclassified integer not null,
    errors integer not null,
    errors_4002 integer not null,
    errors_outage integer not null,
    errors_uncoded integer not null,
    first_errors integer not null,
    first_unclassified integer not null,
    error_code integer,
    error_codes integer[] not null,
    recipients integer not null,
    weak_retries integer not null,
    early_retries integer not null,
    retries_of_final_errors integer not null,
    top_of_hour_retries integer not null,
    released_retries integer not null,
    operations_saved integer not null,
    peak_retries_per_minute integer not null,
    peak_retries_10s integer not null,
    minute_retries integer not null,
    minute_attempts bigint not null,
    usual_retries integer not null,
    usual_firsts integer not null,
    day_firsts integer not null,
    day_first_errors integer not null,
    had_failing_firsts boolean not null,
    tail_minutes integer not null,
    tail_attempts integer not null,
    tail_firsts integer not null,
    tail_classified_firsts integer not null,
    tail_first_errors integer not null
);
