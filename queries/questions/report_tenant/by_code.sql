-- Errors of one tenant in a window by code, beside the windows compared with, in the words of the reference.
-- Names that the reference does not give mean nothing to a customer, and are left out.
-- Grain: one row per error code; one with NULL for errors without a code.
-- Parameters: tenant, since, until; before_since, before_until, week_since, week_until (NULL: not compared)
with

codes as (
    select
        s.error_code,
        coalesce(sum(s.responses) filter (s.starts_at >= $since and s.starts_at < $until), 0)::bigint as errors,
        coalesce(sum(s.first_of_code) filter (s.starts_at >= $since and s.starts_at < $until), 0)::bigint
            as operations,
        coalesce(sum(s.responses) filter (s.retryable and s.starts_at >= $since and s.starts_at < $until), 0)::bigint
            as retryable_errors,
        coalesce(sum(s.responses) filter (s.starts_at >= $before_since and s.starts_at < $before_until), 0)::bigint
            as before,
        coalesce(sum(s.responses) filter (s.starts_at >= $week_since and s.starts_at < $week_until), 0)::bigint
            as week,
        max(s.last_sent_at) filter (s.starts_at >= $since and s.starts_at < $until) as last_seen_at,
        arg_max(s.last_trace_id, s.last_sent_at, 3) filter (s.starts_at >= $since and s.starts_at < $until)
            as trace_ids
    from response_sums('minute') as s
    where s.tenant_id = $tenant and s.is_error
    group by all
)

select
    c.error_code,
    case when k.name_source = 'reference' then k.error_type end as error_type,
    k.meaning,
    k.action,
    c.errors,
    c.errors / (sum(c.errors) over ())::bigint as share,
    c.operations,
    c.retryable_errors,
    case when $before_since::timestamp is not null then c.before end as errors_before,
    case when $week_since::timestamp is not null then c.week end as errors_week_before,
    c.last_seen_at,
    c.trace_ids
from codes as c
left join error_codes as k on c.error_code = k.error_code
where c.errors > 0
order by c.errors desc, c.error_code
