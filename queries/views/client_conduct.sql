-- Report card of each client: what it does wrong when a request fails, with examples and a paragraph to
-- send. What HubSpot and Slack repeat is not the customer's client and is left out of the retries.
-- Grain: one row per tenant.
--
-- tenant_id: caller
-- first_hour: first hour with a request, UTC
-- last_hour: last hour with a request, UTC
-- responses: responses
-- operations: operations, by their first attempt
-- retries: attempts after the first, HubSpot and Slack aside
-- weak_retries: those of them inferred from weak evidence (path and recipient): an upper bound
-- judged: whether there are enough retries to judge (min_retries_judged), weak ones aside
-- verdict: misbehaves (a fault), could improve (advice only), good, or not judged
-- grade: A without findings, B advice only, C one fault, D two, E more; NULL if not judged
-- findings: what was found, gravest first
-- told_retries: retries that had been told how long to wait
-- early_retries: those of them sent sooner than told
-- early_succeeded: those that succeeded all the same: the server asked for too long a wait
-- retries_of_final_errors: retries after retryable = false, excusable ones included
-- excusable_retries: those after 1012, 2008 or 2010 and a wait of excusable_after_s or more
-- hasty_retries: waits under what passes as back-off; view conduct_waits has each step
-- median_wait_1_s: median wait before a second attempt where 1 s is asked for, seconds
-- median_wait_2_s: median wait before a third attempt where 2 s are asked for, seconds
-- median_wait_3_s: median wait before a later attempt where 4 s are asked for, seconds
-- immediate_retries: retries within immediate_retry_ms of the answer
-- wait_variation: standard deviation of the first waits over their mean; next to 0 is no jitter
-- uncapped_operations: operations tried more than max_attempts times
-- retries_of_4002: retries after a 4002
-- herd_lift: share of those that came in minute 0 of an hour, over the sixtieth that chance gives
-- key_requests: requests to POST /api/v1/send and POST /api/v1/chats
-- keyless_requests: those of them without idempotency key
-- keyless_retries: retries among those
-- minted_keys: requests sent again after an error with the same body and another idempotency key
-- duplicate_sends: messages accepted a second time within duplicate_send_window_min, not under one key;
--   suspects only, since the same text may be meant twice
-- stale_signatures: retries refused with 2004 or 2013 after an error that passes
-- lost_retryables: HubSpot requests that met a retryable error under HTTP 200, so that nobody repeats them
-- persistent_3001: operations with three retries or more and nothing but 3001
-- not_configured_3003: responses with 3003
-- details: every check: finding, severity, cases, of_cases, value, limit_value, judged, found, trace_ids
-- paragraph: what to send to this customer; holds nothing of other tenants, and no personal data
with

counted as (
    select * from client_counts()
),

waits as (
    select
        w.tenant_id,
        min(w.median_wait_s) filter (where w.pace = 'growing' and w.step = 1) as median_wait_1_s,
        min(w.median_wait_s) filter (where w.pace = 'growing' and w.step = 2) as median_wait_2_s,
        min(w.median_wait_s) filter (where w.pace = 'growing' and w.step = 3) as median_wait_3_s
    from conduct_waits as w
    group by w.tenant_id
),

graver as (
    select
        f.*,
        list_position([
            'retries_of_final_errors', 'early_retries', 'no_backoff', 'immediate_retries', 'no_cap',
            'minted_keys', 'missing_key', 'no_jitter', 'synchronised', 'stale_signatures',
            'duplicate_sends', 'lost_retryables', 'persistent_3001', 'not_configured_3003'
        ], f.finding) as place
    from conduct_findings as f
),

found as (
    select
        g.tenant_id,
        list(g.finding order by g.place) filter (where g.found and g.severity <> 'support') as findings,
        count(*) filter (where g.found and g.severity = 'fault') as faults,
        count(*) filter (where g.found and g.severity = 'advice') as advice,
        string_agg(g.advice, ' ' order by g.place) filter (where g.found and g.severity <> 'support') as to_change,
        string_agg(g.advice, ' ' order by g.place) filter (where g.found and g.severity = 'support') as to_know,
        min(g.value) filter (where g.finding = 'no_jitter') as wait_variation,
        list(
            {
                'finding': g.finding, 'severity': g.severity, 'cases': g.cases, 'of_cases': g.of_cases,
                'value': g.value, 'limit_value': g.limit_value, 'judged': g.judged, 'found': g.found,
                'trace_ids': g.trace_ids
            }
            order by g.place
        ) as details
    from graver as g
    group by g.tenant_id
),

judged as (
    select
        c.*,
        w.median_wait_1_s, w.median_wait_2_s, w.median_wait_3_s,
        f.wait_variation, f.details, f.to_change, f.to_know,
        coalesce(f.findings, []) as findings,
        coalesce(f.faults, 0) as faults,
        coalesce(f.advice, 0) as advice,
        c.retries - c.weak_retries >= parameter_value('min_retries_judged') as judged
    from counted as c
    left join waits as w on w.tenant_id = c.tenant_id
    left join found as f on f.tenant_id = c.tenant_id
)

select
    j.tenant_id,
    j.first_hour,
    j.last_hour,
    j.responses,
    j.operations,
    j.retries,
    j.weak_retries,
    j.judged,
    case
        when j.faults > 0 then 'misbehaves'
        when j.advice > 0 then 'could improve'
        when j.judged then 'good'
        else 'not judged'
    end as verdict,
    case
        when j.faults >= 3 then 'E'
        when j.faults = 2 then 'D'
        when j.faults = 1 then 'C'
        when j.advice > 0 then 'B'
        when j.judged then 'A'
    end as grade,
    j.findings,
    j.told_retries,
    j.early_retries,
    j.early_succeeded,
    j.retries_of_final_errors,
    j.excusable_retries,
    j.hasty_retries,
    j.median_wait_1_s,
    j.median_wait_2_s,
    j.median_wait_3_s,
    j.immediate_retries,
    j.wait_variation,
    j.uncapped_operations,
    j.retries_of_4002,
    60 * j.minute_0 / nullif(j.retries_of_4002, 0) as herd_lift,
    j.key_requests,
    j.keyless_requests,
    j.keyless_retries,
    j.minted_keys,
    j.duplicate_sends,
    j.stale_signatures,
    j.lost_retryables,
    j.persistent_3001,
    j.not_configured_3003,
    coalesce(j.details, []) as details,
    concat_ws(
        ' ',
        'We looked at how your client deals with errors '
        || case
            when j.first_hour::date = j.last_hour::date then strftime(j.first_hour, 'on %-d %B %Y')
            else strftime(j.first_hour, 'from %-d %B %Y') || strftime(j.last_hour, ' to %-d %B %Y')
        end
        || format(
            ' (UTC): {:,} {}, {:,} of them retries.',
            j.responses, case j.responses when 1 then 'request' else 'requests' end, j.retries
        ),
        coalesce(
            j.to_change,
            case
                when j.judged then
                    'It does what the API reference asks: there is nothing to change.'
                else 'There were too few retries to judge them, and nothing else to change.'
            end
        ),
        j.to_know,
        case when j.to_change is not null or j.to_know is not null then
            'If anything of this is unclear, please write to us and quote one of these trace_ids; '
            || 'we will gladly look into it with you. Thank you!'
        else 'Thank you!' end
    ) as paragraph
from judged as j
order by j.faults desc, j.advice desc, j.retries desc, j.tenant_id
