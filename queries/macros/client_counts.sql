-- What each client did, summed over everything loaded: the counts behind its report card.
-- Use: select * from client_counts().
-- Parameters:
select
    c.tenant_id,
    min(c.hour) as first_hour,
    max(c.hour) as last_hour,
    coalesce(sum(c.cases) filter (where c.counted = 'responses'), 0)::bigint as responses,
    coalesce(sum(c.cases) filter (where c.counted = 'operations'), 0)::bigint as operations,
    coalesce(sum(c.cases) filter (where c.counted = 'key_requests'), 0)::bigint as key_requests,
    coalesce(sum(c.cases) filter (where c.counted = 'keyless_requests'), 0)::bigint as keyless_requests,
    coalesce(sum(c.cases) filter (where c.counted = 'retries'), 0)::bigint as retries,
    coalesce(sum(c.cases) filter (where c.counted = 'weak_retries'), 0)::bigint as weak_retries,
    coalesce(sum(c.cases) filter (where c.counted = 'told_retries'), 0)::bigint as told_retries,
    coalesce(sum(c.cases) filter (where c.counted = 'retries_of_4002'), 0)::bigint as retries_of_4002,
    coalesce(sum(c.cases) filter (where c.counted = 'retried_operations'), 0)::bigint as retried_operations,
    coalesce(sum(c.cases) filter (where c.counted = 'paced_retries'), 0)::bigint as paced_retries,
    coalesce(sum(c.cases) filter (where c.counted = 'keyed_retries'), 0)::bigint as keyed_retries,
    coalesce(sum(c.cases) filter (where c.counted = 'early_retries'), 0)::bigint as early_retries,
    coalesce(sum(c.cases) filter (where c.counted = 'early_succeeded'), 0)::bigint as early_succeeded,
    coalesce(sum(c.cases) filter (where c.counted = 'retries_of_final_errors'), 0)::bigint as retries_of_final_errors,
    coalesce(sum(c.cases) filter (where c.counted = 'excusable_retries'), 0)::bigint as excusable_retries,
    coalesce(sum(c.cases) filter (where c.counted = 'hasty_retries'), 0)::bigint as hasty_retries,
    coalesce(sum(c.cases) filter (where c.counted = 'immediate_retries'), 0)::bigint as immediate_retries,
    coalesce(sum(c.cases) filter (where c.counted = 'uncapped_operations'), 0)::bigint as uncapped_operations,
    coalesce(sum(c.cases) filter (where c.counted = 'minute_0'), 0)::bigint as minute_0,
    coalesce(sum(c.cases) filter (where c.counted = 'first_seconds'), 0)::bigint as first_seconds,
    coalesce(sum(c.cases) filter (where c.counted = 'stale_signatures'), 0)::bigint as stale_signatures,
    coalesce(sum(c.cases) filter (where c.counted = 'minted_keys'), 0)::bigint as minted_keys,
    coalesce(sum(c.cases) filter (where c.counted = 'duplicate_sends'), 0)::bigint as duplicate_sends,
    coalesce(sum(c.cases) filter (where c.counted = 'keyless_retries'), 0)::bigint as keyless_retries,
    coalesce(sum(c.cases) filter (where c.counted = 'lost_retryables'), 0)::bigint as lost_retryables,
    coalesce(sum(c.cases) filter (where c.counted = 'persistent_3001'), 0)::bigint as persistent_3001,
    coalesce(sum(c.cases) filter (where c.counted = 'not_configured_3003'), 0)::bigint as not_configured_3003
from store.conduct_hour as c
group by c.tenant_id
