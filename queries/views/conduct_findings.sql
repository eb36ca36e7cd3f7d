-- Each check of the report card, for each client: how often, whether there is enough to judge it, and
-- what to tell the customer. HubSpot and Slack repeat by their own rules, so their retries count for
-- none of the checks. A share counts as too large only if it surely is (lower end of Wilson 95 %).
-- Grain: one row per tenant and check that has something to count.
--
-- tenant_id: caller
-- finding: the check: retries_of_final_errors, early_retries, no_backoff, immediate_retries, no_jitter,
--   no_cap, missing_key, minted_keys, stale_signatures, synchronised, duplicate_sends, lost_retryables,
--   persistent_3001, not_configured_3003
-- severity: fault; advice (harms the client more than us); support (for us to look at, never graded)
-- cases: how often; retries of final errors that are excusable are left out
-- of_cases: out of how many
-- value: the figure judged: mostly a share; herd_lift for synchronised, variation of waits for no_jitter
-- limit_value: the limit it is held against
-- judged: whether there was enough to judge: retries on more than weak evidence (min_retries_judged), or
--   requests (min_operations)
-- found: judged, and over the limit
-- trace_ids: up to three examples, of different hours if there are
-- advice: a sentence for the customer; NULL unless found
with

rule as (
    -- One look at the table: each parameter_value() is a query of its own, and they would be eleven.
    select
        max(p.value) filter (where p.parameter = 'min_retries_judged') as min_retries,
        max(p.value) filter (where p.parameter = 'min_operations') as min_operations,
        max(p.value) filter (where p.parameter = 'early_share_max') as early_share_max,
        max(p.value) filter (where p.parameter = 'fault_share_max') as fault_share_max,
        max(p.value) filter (where p.parameter = 'minted_share_max') as minted_share_max,
        max(p.value) filter (where p.parameter = 'jitter_cv_min') as jitter_cv_min,
        max(p.value) filter (where p.parameter = 'herd_lift') as herd_lift,
        (max(p.value) filter (where p.parameter = 'herd_spread_s'))::integer as herd_spread_s,
        (max(p.value) filter (where p.parameter = 'max_attempts'))::integer as max_attempts,
        (max(p.value) filter (where p.parameter = 'immediate_retry_ms'))::integer as immediate_retry_ms,
        (max(p.value) filter (where p.parameter = 'duplicate_send_window_min'))::integer as duplicate_window_min
    from store.parameter as p
),

counted as (
    select
        c.tenant_id,
        c.counted,
        sum(c.cases)::bigint as cases,
        -- Three of each hour are kept; those of the first three hours hold the first three of all.
        arg_min(c.trace_ids, c.hour, 3) filter (where c.trace_ids is not null) as hours
    from store.conduct_hour as c
    group by c.tenant_id, c.counted
),

tenant as (
    select * from client_counts()
),

waits as (
    select
        w.tenant_id,
        bool_or(w.is_hasty) as is_hasty,
        string_agg(
            format('{:.2f} s before ', w.median_wait_s)
            || case w.step when 1 then 'a second attempt' when 2 then 'a third' else 'later ones' end,
            ', ' order by w.step
        ) filter (where w.is_hasty and w.pace = 'growing') as hasty_steps,
        min(w.median_wait_s) filter (where w.is_hasty and w.pace = 'short') as hasty_delay_s,
        min(w.variation) filter (where w.step = 1 and w.retries >= r.min_retries) as variation,
        coalesce(sum(w.retries) filter (where w.step = 1), 0)::bigint as first_waits
    from conduct_waits as w
    cross join rule as r
    group by w.tenant_id
),

measured as (
    select
        t.*,
        r.*,
        w.is_hasty,
        w.hasty_steps,
        w.hasty_delay_s,
        w.variation,
        coalesce(w.first_waits, 0) as first_waits,
        t.retries - t.weak_retries >= r.min_retries as is_judged,
        t.retries_of_final_errors - t.excusable_retries as finals,
        t.minted_keys + t.keyed_retries as keyed_attempts,
        60 * t.minute_0 / nullif(t.retries_of_4002, 0) as lift,
        t.keyless_requests > r.fault_share_max * t.key_requests
            or t.minted_keys > r.minted_share_max * (t.minted_keys + t.keyed_retries) as may_double
    from tenant as t
    cross join rule as r
    left join waits as w on w.tenant_id = t.tenant_id
),

listed as (
    select
        m.tenant_id,
        -- Of each check: what counts as a case against the client, or else whether it is over its limit.
        unnest([
            {
                'finding': 'retries_of_final_errors',
                'severity': 'fault',
                'example': 'retries_of_final_errors',
                'cases': m.finals,
                'of_cases': m.retries,
                'value': m.finals / nullif(m.retries, 0),
                'limit_value': m.fault_share_max,
                'judged': m.is_judged,
                'counts': m.finals,
                'over': null,
                'advice': format(
                    '{:,} of {:,} retries repeated a request that had been answered with retryable = false{{}}. '
                    || 'The same request cannot succeed: please correct it first, or drop it.',
                    m.finals, m.retries
                )
            },
            {
                'finding': 'early_retries',
                'severity': 'fault',
                'example': 'early_retries',
                'cases': m.early_retries,
                'of_cases': m.told_retries,
                'value': m.early_retries / nullif(m.told_retries, 0),
                'limit_value': m.early_share_max,
                'judged': m.is_judged and m.told_retries >= m.min_retries,
                -- One that was accepted shows that the server asked for too much.
                'counts': m.early_retries - m.early_succeeded,
                'over': null,
                'advice': format(
                    '{:,} of {:,} retries came before the time given in retry_after was over{{}}{}. '
                    || 'Please wait as long as retry_after or the Retry-After header says.',
                    m.early_retries, m.told_retries,
                    case when m.early_succeeded > 0 then
                        format('; {:,} of them were accepted all the same', m.early_succeeded)
                    else '' end
                )
            },
            {
                'finding': 'no_backoff',
                'severity': 'fault',
                'example': 'hasty_retries',
                'cases': m.hasty_retries,
                'of_cases': m.paced_retries,
                'value': m.hasty_retries / nullif(m.paced_retries, 0),
                'limit_value': 0.5,
                'judged': m.is_judged and m.paced_retries >= m.min_retries,
                'counts': null,
                'over': coalesce(m.is_hasty, false),
                'advice': 'Retries follow each other too closely{}: '
                    || concat_ws(
                        '; ',
                        'the median wait was ' || m.hasty_steps,
                        format('it was {:.2f} s where a short delay is asked for', m.hasty_delay_s)
                    )
                    || '. Please wait about 1 s, then 2 s, then 4 s, a little more or less at random.'
            },
            {
                'finding': 'immediate_retries',
                'severity': 'fault',
                'example': 'immediate_retries',
                'cases': m.immediate_retries,
                'of_cases': m.retries,
                'value': m.immediate_retries / nullif(m.retries, 0),
                'limit_value': m.fault_share_max,
                'judged': m.is_judged,
                'counts': m.immediate_retries,
                'over': null,
                'advice': format(
                    '{:,} of {:,} retries were sent within {} ms of the error{{}}. '
                    || 'Please never repeat a request at once.',
                    m.immediate_retries, m.retries, m.immediate_retry_ms
                )
            },
            {
                'finding': 'no_jitter',
                'severity': 'advice',
                'example': null,
                'cases': m.first_waits,
                'of_cases': m.first_waits,
                'value': m.variation,
                'limit_value': m.jitter_cv_min,
                'judged': m.is_judged and m.variation is not null,
                'counts': null,
                'over': m.variation < m.jitter_cv_min,
                'advice': 'The waits before a second attempt are all but equal. '
                    || 'Please vary them at random, so that your requests do not all come back together.'
            },
            {
                'finding': 'no_cap',
                'severity': 'fault',
                'example': 'uncapped_operations',
                'cases': m.uncapped_operations,
                'of_cases': m.retried_operations,
                'value': m.uncapped_operations / nullif(m.retried_operations, 0),
                'limit_value': m.fault_share_max,
                'judged': m.is_judged,
                'counts': m.uncapped_operations,
                'over': null,
                'advice': format(
                    '{:,} of {:,} requests that were retried were tried more than {} times{{}}. '
                    || 'Please give up, or put the message aside for later, after a few attempts.',
                    m.uncapped_operations, m.retried_operations, m.max_attempts
                )
            },
            {
                'finding': 'missing_key',
                'severity': case when m.is_judged and m.keyless_retries > 0 then 'fault' else 'advice' end,
                'example': case when m.keyless_retries > 0 then 'keyless_retries' end,
                'cases': m.keyless_requests,
                'of_cases': m.key_requests,
                'value': m.keyless_requests / nullif(m.key_requests, 0),
                'limit_value': m.fault_share_max,
                'judged': m.key_requests >= m.min_operations,
                'counts': m.keyless_requests,
                'over': null,
                'advice': format(
                    '{:,} of {:,} requests to POST /api/v1/send and POST /api/v1/chats had no idempotency_key{}. '
                    || 'Please send one key for each message, the same with each attempt, so that a retry '
                    || 'cannot send it twice.',
                    m.keyless_requests, m.key_requests,
                    case when m.keyless_retries > 0 then
                        format(', {:,} of them retries{{}}', m.keyless_retries)
                    else '' end
                )
            },
            {
                'finding': 'minted_keys',
                'severity': 'fault',
                'example': 'minted_keys',
                'cases': m.minted_keys,
                'of_cases': m.keyed_attempts,
                'value': m.minted_keys / nullif(m.keyed_attempts, 0),
                'limit_value': m.minted_share_max,
                'judged': m.keyed_attempts >= m.min_retries,
                'counts': m.minted_keys,
                'over': null,
                'advice': format(
                    '{:,} of {:,} requests that were sent again after an error bore a new idempotency_key{{}}. '
                    || 'Please keep the key of the first attempt: with a new one, a retry can send the '
                    || 'message twice.',
                    m.minted_keys, m.keyed_attempts
                )
            },
            {
                'finding': 'stale_signatures',
                'severity': 'advice',
                'example': 'stale_signatures',
                'cases': m.stale_signatures,
                'of_cases': m.retries,
                'value': m.stale_signatures / nullif(m.retries, 0),
                'limit_value': 0,
                'judged': true,
                'counts': null,
                'over': m.stale_signatures > 0,
                'advice': format(
                    '{:,} of {:,} retries were refused with 2004 or 2013 although the attempt before was not{{}}. '
                    || 'Please sign each attempt anew, with the current time.',
                    m.stale_signatures, m.retries
                )
            },
            {
                'finding': 'synchronised',
                'severity': 'advice',
                'example': 'minute_0',
                'cases': m.minute_0,
                'of_cases': m.retries_of_4002,
                'value': m.lift,
                'limit_value': m.herd_lift,
                'judged': m.is_judged and m.minute_0 >= m.min_retries,
                'counts': null,
                'over': m.lift >= m.herd_lift and 2 * m.first_seconds >= m.minute_0,
                'advice': format(
                    '{:,} of {:,} retries after 4002 came in the first minute of an hour, most of them in '
                    || 'its first {} s{{}}. Lines do free up then, but not for all at once: please spread '
                    || 'these retries over some minutes.',
                    m.minute_0, m.retries_of_4002, m.herd_spread_s
                )
            },
            {
                'finding': 'duplicate_sends',
                'severity': 'support',
                'example': 'duplicate_sends',
                'cases': m.duplicate_sends,
                'of_cases': m.operations,
                'value': m.duplicate_sends / nullif(m.operations, 0),
                'limit_value': 0,
                'judged': true,
                -- With one key for each message, two sends of one text were meant.
                'counts': null,
                'over': m.duplicate_sends > 0 and m.may_double,
                'advice': format(
                    'The same message was accepted twice within {} minutes {}{{}}. '
                    || 'Please check whether that was meant.',
                    m.duplicate_window_min, times_in_words(m.duplicate_sends)
                )
            },
            {
                'finding': 'lost_retryables',
                'severity': 'support',
                'example': 'lost_retryables',
                'cases': m.lost_retryables,
                'of_cases': m.operations,
                'value': m.lost_retryables / nullif(m.operations, 0),
                'limit_value': 0,
                'judged': true,
                'counts': null,
                'over': m.lost_retryables > 0,
                'advice': format(
                    'A request from HubSpot met an error that passes {}{{}}. HubSpot does not repeat such '
                    || 'a request: please run these steps again where they still matter.',
                    times_in_words(m.lost_retryables)
                )
            },
            {
                'finding': 'persistent_3001',
                'severity': 'support',
                'example': 'persistent_3001',
                'cases': m.persistent_3001,
                'of_cases': m.operations,
                'value': m.persistent_3001 / nullif(m.operations, 0),
                'limit_value': 0,
                'judged': true,
                'counts': null,
                'over': m.persistent_3001 > 0,
                'advice': format(
                    'A request failed with 3001 in four attempts or more {}{{}}. The fault is ours, not yours.',
                    times_in_words(m.persistent_3001)
                )
            },
            {
                'finding': 'not_configured_3003',
                'severity': 'support',
                'example': 'not_configured_3003',
                'cases': m.not_configured_3003,
                'of_cases': m.operations,
                'value': m.not_configured_3003 / nullif(m.operations, 0),
                'limit_value': 0,
                'judged': true,
                'counts': null,
                'over': m.not_configured_3003 > 0,
                'advice': format(
                    'We answered 3003 {}{{}}. A setting is missing on our side, which no retry can mend.',
                    times_in_words(m.not_configured_3003)
                )
            }
        ]) as f
    from measured as m
),

illustrated as (
    select
        l.tenant_id,
        l.f,
        coalesce(
            l.f.judged
            and coalesce(l.f.over, wilson_low(l.f.counts, l.f.of_cases) > l.f.limit_value),
            false
        ) as found,
        -- The first of each hour, then more of the same hours.
        (
            list_transform(e.hours, lambda ids: ids[1])
            || flatten(list_transform(e.hours, lambda ids: ids[2:]))
        )[1:3] as trace_ids
    from listed as l
    left join counted as e on e.tenant_id = l.tenant_id and e.counted = l.f.example
    where l.f.cases > 0
)

select
    i.tenant_id,
    i.f.finding as finding,
    i.f.severity as severity,
    i.f.cases as cases,
    i.f.of_cases as of_cases,
    i.f.value as value,
    i.f.limit_value as limit_value,
    i.f.judged as judged,
    i.found,
    i.trace_ids,
    case when i.found then
        replace(
            i.f.advice, '{}',
            coalesce(' (for example ' || array_to_string(i.trace_ids, ', ') || ')', '')
        )
    end as advice
from illustrated as i
order by i.tenant_id, i.found desc, i.f.severity, i.f.finding
