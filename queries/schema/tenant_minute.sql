-- What each tenant did in each minute: the figures that storms, retry figures and budgets are summed from.
-- Grain: one row per tenant and minute in which it made an attempt.
--
-- tenant_id: caller
-- minute: start of the minute in which the requests were received, UTC
-- attempts: attempts received
-- firsts: of these, first attempts of their operation
-- retries: attempts less firsts
-- unclassified: attempts only the edge log saw, which cannot know whether they failed
-- first_unclassified: first attempts among these
-- errors: attempts answered by an error
-- first_errors: first attempts among these
-- refused: attempts answered with 4002
-- refused_firsts: first attempts among these
-- retries_after_4002: retries that followed a 4002
-- early_retries: retries sent sooner than told
-- retries_of_final_errors: retries that followed an answer with retryable = false
-- keyed_attempts: attempts whose chain rests on idempotency_key
-- declared_attempts: attempts whose chain rests on attempt_header
-- weak_attempts: attempts whose chain is inferred from weak_fingerprint
-- weak_retries: retries whose chain is inferred from weak_fingerprint
-- patient_retries: retries after a 1007 that waited as long as it told
-- peak_retries_10s: most retries received in one stretch of ten seconds
-- peak_pressing_10s: the same without patient_retries
-- succeeded_operations: operations begun in this minute that succeeded, whenever that was
-- unknown_operations: operations begun in this minute whose last answer only the edge log saw
create table store.tenant_minute (
    tenant_id varchar,
    minute timestamp not null,
    attempts integer not null,
    firsts integer not null,
    retries integer not null,
    unclassified integer not null,
    first_unclassified integer not null,
    errors integer not null,
    first_errors integer not null,
    refused integer not null,
    refused_firsts integer not null,
    retries_after_4002 integer not null,
    early_retries integer not null,
    retries_of_final_errors integer not null,
    keyed_attempts integer not null,
    declared_attempts integer not null,
    weak_attempts integer not null,
    weak_retries integer not null,
    patient_retries integer not null,
    peak_retries_10s integer not null,
    peak_pressing_10s integer not null,
    succeeded_operations integer not null,
    unknown_operations integer not null
);
