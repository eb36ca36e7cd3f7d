-- Minutes that may belong to a retry storm. Whether one does depends on the day before it (baseline) and
-- on the hours before it (CUSUM), so a touched hour changes what is said of as many hours after it. Minutes
-- without a row in store.tenant_minute count as 0 everywhere, also before the first data: so what is
-- said of a minute never depends on where the data begin.
set variable baseline_window = (select cast(parameter('baseline_window_min') as integer));
set variable baseline_guard = (select cast(parameter('baseline_guard_min') as integer));
set variable baseline_low_window = (select cast(parameter('baseline_low_window_h') as integer) * 60);
set variable baseline_low_quantile = (select parameter('baseline_low_quantile'));
set variable slow_window = (select cast(parameter('storm_slow_window_min') as integer));
-- Hours before a minute that decide about it.
set variable storm_reach_h = (
    select cast(ceil((getvariable('baseline_low_window') + getvariable('slow_window')) / 60) as integer) + 1
);

create or replace temp table touched_tenant as
select
    h.tenant_id,
    min(h.hour) as from_at,
    max(h.hour) + to_hours(getvariable('storm_reach_h') + 1) as to_at
from touched_hour as h
group by h.tenant_id;

delete from store.storm_minute as s
using touched_tenant as t
where s.tenant_id is not distinct from t.tenant_id and s.minute >= t.from_at and s.minute < t.to_at;

-- What can be said without a baseline leaves few minutes, and only the hours before these are looked at.
create or replace temp table candidate_minute as
with counted as (
    select
        m.tenant_id,
        us(m.minute) // 60000000 as minute_no,
        m.minute >= t.from_at as is_judged,
        m.firsts,
        -- Who waits as a rate limit told makes no storm, however many had to.
        m.retries - m.patient_retries as pressing,
        m.peak_pressing_10s,
        sum(m.firsts) over five_minutes as firsts_5m,
        sum(m.retries) over five_minutes as retries_5m,
        sum(m.retries - m.patient_retries) over five_minutes as pressing_5m
    from store.tenant_minute as m
    inner join touched_tenant as t
        on t.tenant_id is not distinct from m.tenant_id
        and m.minute >= t.from_at - interval 4 minute
        and m.minute < t.to_at
    where
        m.minute >= (select min(from_at) - interval 4 minute from touched_tenant)
        and m.minute < (select max(to_at) from touched_tenant)
    window five_minutes as (
        partition by m.tenant_id
        order by us(m.minute) // 60000000
        range between 4 preceding and current row
    )
),
judged as (
    select
        *,
        -- Five minutes of a busy tenant drown a storm of one minute, and one minute a storm of seconds.
        coalesce(
            (
                pressing >= parameter('storm_retries_1m')
                and pressing_5m >= parameter('storm_retries_5m')
                and pressing_5m >= (parameter('amplification_storm') - 1) * firsts_5m
            ) or (
                pressing >= parameter('storm_retries_5m')
                and pressing >= (parameter('amplification_storm') - 1) * firsts
            ) or (
                peak_pressing_10s >= parameter('storm_retries_10s')
                and peak_pressing_10s * 6 >= (parameter('amplification_storm') - 1) * firsts
            ),
            false
        ) as may_be_hot,
        pressing >= parameter('storm_retries_1m')
            and pressing >= (parameter('amplification_watch') - 1) * firsts as is_warm,
        pressing_5m >= parameter('storm_slow_retries_5m')
            and pressing_5m >= (parameter('amplification_watch') - 1) * firsts_5m as is_slow
    from counted
    where is_judged and pressing > 0
)
select
    tenant_id,
    minute_no,
    retries_5m,
    may_be_hot,
    is_warm or may_be_hot as may_be_warm,
    is_slow as may_be_slow
from judged
where may_be_hot or is_warm or is_slow;

-- The minutes with retries, as far back as they decide about a candidate. What is usual is not 0 only where nearly
-- every minute has retries; only there all minutes are laid out, those without a row as 0.
create or replace temp table retry_minute as
select
    m.tenant_id,
    us(m.minute) // 60000000 as minute_no,
    m.retries,
    count(*) over recent
    >= 0.5 * (getvariable('baseline_window') - getvariable('baseline_guard')) - 1
    and count(*) over long
    >= (1 - getvariable('baseline_low_quantile'))
    * (getvariable('baseline_low_window') - getvariable('baseline_guard')) - 1 as is_busy
from store.tenant_minute as m
inner join (
    select tenant_id, min(minute_no) as from_no, max(minute_no) as to_no
    from candidate_minute
    group by tenant_id
) as c
    on c.tenant_id is not distinct from m.tenant_id
    and us(m.minute) // 60000000 >= c.from_no - getvariable('storm_reach_h') * 60
    and us(m.minute) // 60000000 <= c.to_no
where m.retries > 0
window
    recent as (
        partition by m.tenant_id
        order by us(m.minute) // 60000000
        range between
        getvariable('baseline_window') preceding and getvariable('baseline_guard') preceding
    ),
    long as (
        partition by m.tenant_id
        order by us(m.minute) // 60000000
        range between
        getvariable('baseline_low_window') preceding and getvariable('baseline_guard') preceding
    );

insert into store.storm_minute by name
with needed_hour as (
    select distinct r.tenant_id, r.minute_no // 60 - b.hours_before as hour_no
    from retry_minute as r
    cross join (
        select unnest(range(0, getvariable('storm_reach_h'))) as hours_before
    ) as b
    where r.is_busy
),
filled as (
    select
        n.tenant_id,
        n.hour_no * 60 + o.minute_of_hour as minute_no,
        coalesce(r.retries, 0) as retries
    from needed_hour as n
    cross join (select unnest(range(60)) as minute_of_hour) as o
    left join retry_minute as r
        on r.tenant_id is not distinct from n.tenant_id
        and r.minute_no = n.hour_no * 60 + o.minute_of_hour
),
baselines as (
    select
        tenant_id,
        minute_no,
        quantile_disc(retries, 0.5) over recent as recent_median,
        mad(retries) over recent as recent_mad,
        quantile_disc(retries, getvariable('baseline_low_quantile')) over long as low_quantile
    from filled
    window
        recent as (
            partition by tenant_id
            order by minute_no
            range between
            getvariable('baseline_window') preceding and getvariable('baseline_guard') preceding
        ),
        -- Storms that come back every hour fill the recent window; they do not fill a quarter of a day.
        long as (
            partition by tenant_id
            order by minute_no
            range between
            getvariable('baseline_low_window') preceding and getvariable('baseline_guard') preceding
        )
),
normal as (
    select
        r.tenant_id,
        r.minute_no,
        r.retries,
        coalesce(least(b.recent_median, b.low_quantile), 0) as normal_retries,
        coalesce(greatest(
            -- The spread of a window full of storms says nothing about a quiet one.
            case when b.recent_median <= b.low_quantile + 1 then 1.4826 * b.recent_mad end,
            sqrt(least(b.recent_median, b.low_quantile)),
            1
        ), 1) as normal_spread
    from retry_minute as r
    left join baselines as b
        on r.is_busy and b.tenant_id is not distinct from r.tenant_id and b.minute_no = r.minute_no
),
-- One-sided CUSUM without recursion, in thousandths so that sums are exact. A minute counts as much as
-- a storm's fewest retries at most: bursts are found by themselves and must not raise this alarm.
-- A minute without retries takes the slack off; so the lowest sums stand just before minutes with retries.
added as (
    select
        *,
        cast(round(1000 * (
            least(retries, normal_retries + parameter('storm_retries_1m'))
            - normal_retries - parameter('cusum_slack') * (normal_spread - 1)
        )) as bigint) as excess
    from normal
),
summed as (
    select
        *,
        sum(excess) over (partition by tenant_id order by minute_no)
        - cast(1000 * parameter('cusum_slack') as bigint) * minute_no as total
    from added
),
lowest as (
    select
        *,
        total - min(total - excess + cast(1000 * parameter('cusum_slack') as bigint)) over (
            partition by tenant_id
            order by minute_no
            range between getvariable('slow_window') - 1 preceding and current row
        ) as cusum
    from summed
),
judged as (
    select
        s.tenant_id,
        s.minute_no,
        s.retries,
        s.normal_retries,
        s.normal_spread,
        c.may_be_hot
            and s.retries >= s.normal_retries + parameter('storm_z') * s.normal_spread as is_hot,
        c.may_be_warm
            and s.retries >= s.normal_retries + parameter('storm_edge_z') * s.normal_spread as is_warm,
        c.may_be_slow
            and c.retries_5m
            >= 5 * s.normal_retries + parameter('storm_edge_z') * sqrt(5) * s.normal_spread as is_slow,
        s.cusum >= 1000 * parameter('cusum_alarm') * s.normal_spread as is_alarm
    from candidate_minute as c
    inner join lowest as s
        on s.tenant_id is not distinct from c.tenant_id and s.minute_no = c.minute_no
)
select
    tenant_id,
    moment_of(minute_no * 60000000) as minute,
    retries,
    normal_retries,
    normal_spread,
    is_hot,
    is_warm,
    is_slow,
    is_alarm
from judged
where is_warm or is_slow;
