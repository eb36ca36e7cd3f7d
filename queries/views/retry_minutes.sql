-- Retry figures by minute and tenant, only for minutes in which the tenant made an attempt. The counts may be
-- summed over any span; divide afterwards.
-- Grain: one row per minute and tenant.
--
-- minute: start of the minute in which the requests were received, UTC
-- tenant_id: caller
-- attempts: attempts
-- operations: operations begun: first attempts
-- retries: attempts after the first of their operation
-- amplification: attempts / operations; NULL if none was begun
-- retry_share: retries / attempts
-- errors: attempts answered by an error
-- unclassified: attempts only the edge log saw
-- first_errors: first attempts answered by an error
-- successes: attempts that succeeded: over attempts - unclassified, the actual success ratio
-- succeeded_operations: operations begun in this minute that succeeded, by a retry perhaps, and later perhaps:
--   over operations - unknown_operations, the effective success ratio
-- unknown_operations: operations begun in this minute whose last answer only the edge log saw
-- refused: attempts answered with 4002
-- refused_first_attempts: first attempts among these
-- retries_after_4002: retries that followed a 4002
-- early_retries: retries sent sooner than told
-- retries_of_final_errors: retries that followed an answer with retryable = false
-- weak_retries: retries inferred from weak_fingerprint, an upper bound
-- peak_retries_10s: most retries in ten seconds of the clock
-- over_budget: retries that a budget of retry_budget_share of all attempts would have refused
-- over_high_budget: retries that a budget of retry_budget_high_share would have refused
select
    m.minute,
    m.tenant_id,
    m.attempts,
    m.firsts::bigint as operations,
    m.retries,
    m.attempts / nullif(m.firsts, 0) as amplification,
    m.retries / m.attempts as retry_share,
    m.errors::bigint as errors,
    m.unclassified,
    m.first_errors,
    m.attempts - m.errors - m.unclassified as successes,
    m.succeeded_operations,
    m.unknown_operations,
    m.refused,
    m.refused_firsts as refused_first_attempts,
    m.retries_after_4002,
    m.early_retries,
    m.retries_of_final_errors,
    m.weak_retries,
    m.peak_retries_10s,
    over_budget(m.retries, m.firsts, parameter_value('retry_budget_share')) as over_budget,
    over_budget(m.retries, m.firsts, parameter_value('retry_budget_high_share')) as over_high_budget
from store.tenant_minute as m
