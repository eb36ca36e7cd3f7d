-- Episodes in which a tenant retried far more than is normal for it, with what they were and what they
-- cost. Counted are attempts received from the first retry to the last.
-- Grain: one row per tenant and episode.
--
-- The verdict is the first that fits. A herd comes first: a client that waits for the full hour, as it was
-- told, looks like the worst storm of the day. What no rule fits is a retry storm.
--
-- storm_id: names the storm, 16 hex digits
-- tenant_id: caller
-- started_at: first retry in the minutes of the episode, UTC
-- ended_at: last retry in these minutes, UTC
-- seconds: from the first retry to the last
-- verdict: top-of-hour herd (the full hour released retries that had waited for it), saturation storm (4002
--   is most of the errors), amplified outage (most first attempts fail, with 3xxx, 4001 or no code),
--   metastable (retries keep it going: first attempts had recovered, or fail for long without more demand),
--   else retry storm
-- reasons: the figures that decided the verdict, in words
-- detector: burst (by volume within minutes or seconds) or slow (small excess that adds up over hours)
-- may_go_on: whether the data end too soon after it to tell that it is over
-- error_code: most frequent code of the errors answered; NULL if most often there was none
-- error_codes: all codes of these errors, most frequent first
-- operations: distinct operations with an attempt inside
-- attempts: attempts
-- retries: attempts after the first of their operation
-- amplification: attempts / operations
-- peak_retries_per_minute: most retries in one minute of the clock
-- peak_retries_10s: most retries in ten seconds of the clock
-- wasted_attempts: attempts answered by an error
-- operations_saved: operations with a retry inside that a retry made succeed, then or later
-- recipients: distinct recipients of these attempts
-- share_of_load: retries / attempts of all tenants, in the minutes of the episode
-- early_retry_share: retries sent sooner than told / retries
-- final_error_retry_share: retries after an answer with retryable = false / retries
-- top_of_hour_share: retries in the first minutes of an hour that followed a 4002 of an earlier hour / retries
-- released_share: as top_of_hour_share, but also what these operations retried next within these minutes
--   without being early; decides on the herd
-- first_error_ratio: errors / classified responses, of first attempts; NULL if there were none
-- share_4002: errors with code 4002 / errors; NULL if there were none
-- outage_share: errors with a code of 3xxx, 4001 or none / errors; NULL if there were none
-- demand_factor: first attempts per minute over those of the hour before; NULL if there were none
-- retry_share_of_rise: how much of the rise over the hour before, in attempts per minute, is retries; NULL if
--   there was none
-- weak_retry_share: retries inferred from weak_fingerprint, an upper bound, / retries
with

-- Read once: each parameter_value() is a query of its own.
rule as (
    select
        any_value(p.value) filter (p.parameter = 'baseline_window_min') as baseline_window_min,
        any_value(p.value) filter (p.parameter = 'baseline_guard_min') as baseline_guard_min,
        any_value(p.value) filter (p.parameter = 'metastable_after_min') as metastable_after_min,
        any_value(p.value) filter (p.parameter = 'amplification_watch') as amplification_watch,
        any_value(p.value) filter (p.parameter = 'metastable_recovered') as metastable_recovered,
        any_value(p.value) filter (p.parameter = 'storm_verdict_share') as storm_verdict_share,
        any_value(p.value) filter (p.parameter = 'metastable_demand') as metastable_demand,
        any_value(p.value) filter (p.parameter = 'metastable_long_min') as metastable_long_min,
        any_value(p.value) filter (p.parameter = 'storm_merge_gap_min') as storm_merge_gap_min
    from store.parameter as p
),

measured as (
    select
        s.*,
        date_diff('minute', s.first_minute, s.last_minute) + 1 as minutes,
        greatest(s.top_of_hour_retries, s.released_retries) / s.retries as released_share,
        s.first_errors / nullif(s.firsts - s.first_unclassified, 0) as first_error_ratio,
        s.errors_4002 / nullif(s.errors, 0) as share_4002,
        s.errors_outage / nullif(s.errors, 0) as outage_share,
        u.baseline_window_min - u.baseline_guard_min
            as usual_minutes
    from store.storm as s, rule as u
),

compared as (
    select
        m.*,
        m.firsts / m.minutes / nullif(m.usual_firsts / m.usual_minutes, 0) as demand_factor,
        greatest(m.retries / m.minutes - m.usual_retries / m.usual_minutes, 0) as retry_rise,
        greatest(m.firsts / m.minutes - m.usual_firsts / m.usual_minutes, 0) as first_rise
    from measured as m
),

traced as (
    select
        c.*,
        c.retry_rise / nullif(c.retry_rise + c.first_rise, 0) as retry_share_of_rise,
        coalesce(
            c.had_failing_firsts
            and c.tail_minutes >= u.metastable_after_min
            and c.tail_attempts >= u.amplification_watch * c.tail_firsts
            and c.tail_first_errors / nullif(c.tail_classified_firsts, 0)
            <= coalesce(c.day_first_errors / nullif(c.day_firsts, 0), 0)
                + u.metastable_recovered,
            false
        ) as outlived_trigger
    from compared as c, rule as u
),

judged as (
    select
        c.*,
        case
            when c.released_share >= u.storm_verdict_share then 'top-of-hour herd'
            when c.share_4002 >= u.storm_verdict_share then 'saturation storm'
            when c.outlived_trigger then 'metastable'
            when
                c.first_error_ratio >= u.storm_verdict_share
                and c.outage_share >= u.storm_verdict_share
                then 'amplified outage'
            when
                c.first_error_ratio >= u.storm_verdict_share
                and c.demand_factor <= u.metastable_demand
                and c.retry_share_of_rise >= u.storm_verdict_share
                and c.minutes >= u.metastable_long_min
                then 'metastable'
            else 'retry storm'
        end as verdict
    from traced as c, rule as u
),

final as (
    select
        printf('%016x', j.storm_id) as storm_id,
        j.tenant_id,
        j.started_at,
        j.ended_at,
        date_diff('microsecond', j.started_at, j.ended_at) / 1000000 as seconds,
        j.verdict,
        format(
            '{} retries of {} operations, {:.1f} attempts each; ',
            j.retries, j.operations, j.attempts / j.operations
        )
        || case
            when j.verdict = 'top-of-hour herd' then format(
                '{:.0f} % of the retries had waited for the full hour after a 4002',
                100 * j.released_share
            )
            when j.verdict = 'saturation storm' then format(
                '{:.0f} % of the errors are 4002; {:.0f} % of the retries were early',
                100 * j.share_4002, 100 * j.early_retries / j.retries
            )
            when j.outlived_trigger then format(
                'first attempts had recovered, yet retries went on for {} minutes',
                j.tail_minutes
            )
            when j.verdict = 'amplified outage' then format(
                '{:.0f} % of first attempts failed; {:.0f} % of the errors are 3xxx, 4001 or uncoded',
                100 * j.first_error_ratio, 100 * j.outage_share
            )
            when j.verdict = 'metastable' then format(
                '{:.0f} % of first attempts failed for {} minutes at {:.1f} times the usual demand',
                100 * j.first_error_ratio, j.minutes, j.demand_factor
            )
            else format(
                '{} errors, {}; retries are {:.0f} % of the rise; {:.0f} % of them were early',
                j.errors,
                coalesce('most often ' || j.error_code, 'most often without a code'),
                100 * coalesce(j.retry_share_of_rise, 0),
                100 * j.early_retries / j.retries
            )
        end as reasons,
        if(j.is_burst, 'burst', 'slow') as detector,
        coalesce(j.ended_at + to_minutes(u.storm_merge_gap_min::bigint) >= (
            select m.value::timestamp from store.meta as m where m.key = 'newest_at'
        ), false) as may_go_on,
        j.error_code,
        j.error_codes,
        j.operations::bigint as operations,
        j.attempts,
        j.retries,
        j.attempts / j.operations as amplification,
        j.peak_retries_per_minute,
        j.peak_retries_10s,
        j.errors as wasted_attempts,
        j.operations_saved,
        j.recipients,
        j.minute_retries / j.minute_attempts as share_of_load,
        j.early_retries / j.retries as early_retry_share,
        j.retries_of_final_errors / j.retries as final_error_retry_share,
        j.top_of_hour_retries / j.retries as top_of_hour_share,
        j.released_share,
        j.first_error_ratio,
        j.share_4002,
        j.outage_share,
        j.demand_factor,
        j.retry_share_of_rise,
        j.weak_retries / j.retries as weak_retry_share
    from judged as j, rule as u
)

select * from final
