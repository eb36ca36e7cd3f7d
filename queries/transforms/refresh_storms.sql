-- Retry storms of the touched tenants: episodes of the minutes found before, and what happened in them.

-- Minutes within reach of what was touched: whatever could become one storm with a minute there. Two
-- episodes that become one may be as far apart as the gap and both their edges.
set variable storm_gap = (select cast(parameter('storm_merge_gap_min') as integer));

create or replace temp table near_minute as
with minutes as (
    select s.*, us(s.minute) // 60000000 as minute_no, t.from_at, t.to_at
    from store.storm_minute as s
    inner join touched_tenant as t on t.tenant_id is not distinct from s.tenant_id
),
begun as (
    select
        *,
        coalesce(
            minute_no - lag(minute_no) over (partition by tenant_id order by minute_no)
            > 3 * getvariable('storm_gap'),
            true
        ) as is_begin
    from minutes
),
numbered as (
    select *, sum(is_begin::integer) over (partition by tenant_id order by minute_no) as block
    from begun
),
spans as (
    select *, min(minute) over block_of as block_from_at, max(minute) over block_of as block_to_at
    from numbered
    window block_of as (partition by tenant_id, block)
)
select * exclude (is_begin, block, from_at, to_at, block_from_at, block_to_at)
from spans
where
    block_to_at >= from_at - to_minutes(4 * getvariable('storm_gap'))
    and block_from_at < to_at + to_minutes(4 * getvariable('storm_gap'));

-- What their tenants did in these minutes and a little before and after.
create or replace temp table near_tenant_minute as
with wanted as (
    select distinct n.tenant_id, n.minute_no + o.beside as minute_no
    from near_minute as n
    cross join (
        select unnest(range(-getvariable('storm_gap'), getvariable('storm_gap') + 1)) as beside
    ) as o
)
select w.tenant_id, w.minute_no, m.attempts, m.firsts, m.retries
from store.tenant_minute as m
inner join wanted as w
    on w.tenant_id is not distinct from m.tenant_id and w.minute_no = us(m.minute) // 60000000
where
    m.minute >= (select min(minute) - to_minutes(getvariable('storm_gap')) from near_minute)
    and m.minute <= (select max(minute) + to_minutes(getvariable('storm_gap')) from near_minute);

create or replace temp table episode as
with gated as (
    select *, true as is_burst from near_minute where is_warm
    union all
    select *, false as is_burst from near_minute where is_slow
),
begun as (
    select
        *,
        coalesce(
            minute_no - lag(minute_no) over (partition by tenant_id, is_burst order by minute_no)
            > parameter('storm_merge_gap_min'),
            true
        ) as is_begin
    from gated
),
numbered as (
    select
        *,
        sum(is_begin::integer) over (partition by tenant_id, is_burst order by minute_no) as island
    from begun
),
islands as (
    select
        tenant_id,
        is_burst,
        min(minute_no) as from_no,
        max(minute_no) as to_no,
        -- What is usual is frozen at the start.
        arg_min(normal_retries + parameter('storm_edge_z') * normal_spread, minute_no) as edge,
        bool_or(is_hot) as is_hot,
        bool_or(is_alarm) as is_alarm,
        sum(least(retries, normal_retries + parameter('storm_retries_1m'))) as counted_retries
    from numbered
    group by tenant_id, is_burst, island
),
hot as (
    select tenant_id, is_burst, from_no, to_no, edge
    from islands
    where is_burst and is_hot
),
-- A minute is slow for the four before it too. So both ends of an island may lie up to four minutes from
-- what made it slow; of these minutes only those belong to it that hang together with its middle.
long_islands as (
    select
        tenant_id,
        is_burst,
        from_no,
        greatest(from_no, to_no - 4) as sure_to_no,
        edge,
        unnest(range(from_no - 4, to_no + 1)) as minute_no
    from islands
    where not is_burst and is_alarm and counted_retries >= parameter('storm_slow_retries')
),
slow_minutes as (
    select
        i.*,
        m.attempts,
        m.firsts,
        m.retries,
        i.from_no - i.minute_no = row_number() over (
            partition by i.tenant_id, i.from_no, i.minute_no < i.from_no, m.retries > 0
            order by i.minute_no desc
        ) as leads_to_it,
        i.minute_no - i.sure_to_no = row_number() over (
            partition by i.tenant_id, i.from_no, i.minute_no > i.sure_to_no, m.retries > 0
            order by i.minute_no
        ) as follows_it
    from long_islands as i
    inner join near_tenant_minute as m
        on m.tenant_id is not distinct from i.tenant_id and m.minute_no = i.minute_no
),
slow as (
    select
        tenant_id,
        is_burst,
        min(minute_no) filter (retries > 0) as from_no,
        max(minute_no) filter (retries > 0) as to_no,
        edge
    from slow_minutes
    where
        minute_no between from_no and sure_to_no
        or retries > 0 and case when minute_no < from_no then leads_to_it else follows_it end
    group by tenant_id, is_burst, from_no, sure_to_no, edge
    having sum(attempts) >= parameter('amplification_storm') * sum(firsts)
),
found as (
    select * from hot
    union all
    select * from slow
),
-- The edges of a storm may be too thin to be warm: minutes next to it that stand as far above what is
-- usual, and have a watched amplification, are its own.
neighbours as (
    select
        *,
        unnest(
            range(from_no - getvariable('storm_gap'), from_no)
            || range(to_no + 1, to_no + 1 + getvariable('storm_gap'))
        ) as minute_no
    from found
),
beside as (
    select
        f.tenant_id,
        f.is_burst,
        f.to_no,
        f.minute_no,
        f.minute_no - f.to_no = row_number() over (
            partition by f.tenant_id, f.is_burst, f.from_no, f.minute_no > f.to_no
            order by f.minute_no
        ) as is_after,
        f.from_no - f.minute_no = row_number() over (
            partition by f.tenant_id, f.is_burst, f.from_no, f.minute_no > f.to_no
            order by f.minute_no desc
        ) as is_before
    from neighbours as f
    inner join near_tenant_minute as m
        on m.tenant_id is not distinct from f.tenant_id and m.minute_no = f.minute_no
    where
        m.retries > 1
        and m.retries >= f.edge
        and m.attempts >= parameter('amplification_watch') * m.firsts
),
widened as (
    select tenant_id, is_burst, from_no, to_no from found
    union all
    select tenant_id, is_burst, minute_no as from_no, minute_no as to_no
    from beside
    where case when minute_no > to_no then is_after else is_before end
),
apart as (
    select
        *,
        coalesce(
            from_no - max(to_no) over (
                partition by tenant_id
                order by from_no, to_no, is_burst
                rows between unbounded preceding and 1 preceding
            ) > parameter('storm_merge_gap_min'),
            true
        ) as is_begin
    from widened
),
merged as (
    select
        *,
        sum(is_begin::integer) over (
            partition by tenant_id
            order by from_no, to_no, is_burst
        ) as episode
    from apart
)
select
    tenant_id,
    min(from_no) as from_no,
    max(to_no) as to_no,
    bool_or(is_burst) as is_burst
from merged
group by tenant_id, episode;

-- Storms of other tenants at the same time, of which the share of the load may have changed.
insert into episode
select
    s.tenant_id,
    us(s.first_minute) // 60000000 as from_no,
    us(s.last_minute) // 60000000 as to_no,
    s.is_burst
from store.storm as s
where
    s.last_minute >= getvariable('touched_from_at')
    and s.first_minute < getvariable('touched_to_at')
    and not exists (from touched_tenant as t where t.tenant_id is not distinct from s.tenant_id);

-- Counted anew are those that lie within reach of what was touched, and those that are not stored.
create or replace temp table due_episode as
with judged as (
    select
        e.*,
        exists (
            from store.storm as s
            where
                s.tenant_id is not distinct from e.tenant_id
                and s.first_minute = moment_of(e.from_no * 60000000)
                and s.last_minute = moment_of(e.to_no * 60000000)
                and s.is_burst = e.is_burst
                and (
                    s.last_minute < getvariable('touched_from_at')
                    or s.first_minute
                        >= getvariable('touched_to_at') + to_hours(getvariable('storm_reach_h'))
                )
        ) as is_settled
    from episode as e
)
select
    row_number() over (order by tenant_id, from_no) as episode_no,
    tenant_id,
    from_no,
    to_no,
    is_burst
from judged
where not is_settled;

create or replace temp table stale_storm as
select s.storm_id
from store.storm as s
where
    (
        (
            exists (
                from touched_tenant as t
                where
                    t.tenant_id is not distinct from s.tenant_id
                    and s.last_minute >= t.from_at - to_minutes(4 * getvariable('storm_gap'))
                    and s.first_minute < t.to_at + to_minutes(4 * getvariable('storm_gap'))
            )
            or exists (
                from near_minute as n
                where
                    n.tenant_id is not distinct from s.tenant_id
                    and n.minute between s.first_minute and s.last_minute
            )
        )
        and not exists (
            from episode as e
            where
                s.tenant_id is not distinct from e.tenant_id
                and s.first_minute = moment_of(e.from_no * 60000000)
                and s.last_minute = moment_of(e.to_no * 60000000)
                and s.is_burst = e.is_burst
        )
    )
    or exists (
        from due_episode as e
        where
            s.tenant_id is not distinct from e.tenant_id
            and s.first_minute = moment_of(e.from_no * 60000000)
            and s.last_minute = moment_of(e.to_no * 60000000)
            and s.is_burst = e.is_burst
    );

delete from store.storm_driver where storm_id in (from stale_storm);
delete from store.storm where storm_id in (from stale_storm);

set variable episodes_from_at = (select moment_of(min(from_no) * 60000000) from due_episode);
set variable episodes_to_at = (select moment_of((max(to_no) + 1) * 60000000) from due_episode);

create or replace temp table episode_minute as
select
    e.episode_no,
    e.tenant_id,
    unnest(range(e.from_no, e.to_no + 1)) as minute_no
from due_episode as e;

create or replace temp table episode_retry as
select e.episode_no, r.*
from store.retry as r
inner join episode_minute as e
    on e.tenant_id is not distinct from r.tenant_id
    and e.minute_no = us(r.received_at) // 60000000
where
    r.received_at >= getvariable('episodes_from_at')
    and r.received_at < getvariable('episodes_to_at');

create or replace temp table episode_span as
select
    r.episode_no,
    hash64(concat_ws('|', min(r.tenant_id), cast(us(min(r.received_at)) as varchar))) as storm_id,
    min(r.received_at) as started_at,
    max(r.received_at) as ended_at
from episode_retry as r
group by r.episode_no;

create or replace temp table episode_attempt as
select
    e.episode_no,
    r.operation_id,
    r.attempt,
    r.is_error,
    r.error_code,
    r.recipient
from store.response as r
inner join episode_minute as e
    on e.tenant_id is not distinct from r.tenant_id
    and e.minute_no = us(r.received_at) // 60000000
inner join episode_span as s
    on s.episode_no = e.episode_no
    and r.received_at between s.started_at and s.ended_at
where
    r.received_at >= getvariable('episodes_from_at')
    and r.received_at < getvariable('episodes_to_at');

insert into store.storm by name
with counted as (
    select
        episode_no,
        count(*) as attempts,
        count(distinct operation_id) as operations,
        count(*) filter (attempt = 1) as firsts,
        count(*) filter (attempt > 1) as retries,
        count(*) filter (is_error is null) as unclassified,
        count(*) filter (is_error) as errors,
        count(*) filter (is_error and error_code = 4002) as errors_4002,
        count(*) filter (
            is_error and (error_code is null or error_code = 4001 or error_code between 3000 and 3999)
        ) as errors_outage,
        count(*) filter (is_error and error_code is null) as errors_uncoded,
        count(*) filter (is_error and attempt = 1) as first_errors,
        count(*) filter (is_error is null and attempt = 1) as first_unclassified,
        count(distinct recipient) as recipients
    from episode_attempt
    group by episode_no
),
by_code as (
    select episode_no, error_code, count(*) as errors
    from episode_attempt
    where is_error
    group by episode_no, error_code
),
codes as (
    select
        episode_no,
        first(error_code order by errors desc, error_code nulls last) as error_code,
        coalesce(
            list(error_code order by errors desc, error_code) filter (error_code is not null), []
        ) as error_codes
    from by_code
    group by episode_no
),
-- Earlier and later attempts of the operations retried, near enough to the storm.
related as (
    select
        r.episode_no,
        r.response_id,
        bool_or(
            o.attempt <= r.attempt
            and o.previous_error_code = 4002
            and (us(o.received_at) - o.waited_ms * 1000) // 3600000000
            < us(r.received_at) // 3600000000
        ) as was_refused_before,
        bool_or(o.is_error = false) as is_saved
    from episode_retry as r
    inner join episode_span as s on s.episode_no = r.episode_no
    inner join store.retry as o
        on o.operation_id = r.operation_id
        and o.received_at between s.started_at - interval 48 hour and s.ended_at + interval 48 hour
    where
        o.received_at >= getvariable('episodes_from_at') - interval 48 hour
        and o.received_at < getvariable('episodes_to_at') + interval 48 hour
    group by r.episode_no, r.response_id
),
retried as (
    select
        r.episode_no,
        count(*) filter (r.chain_basis = 'weak_fingerprint') as weak_retries,
        count(*) filter (r.is_early) as early_retries,
        count(*) filter (r.previous_retryable = false) as retries_of_final_errors,
        count(*) filter (
            us(r.received_at) // 60000000 % 60 < parameter('relief_window_min')
            and r.previous_error_code = 4002
            and (us(r.received_at) - r.waited_ms * 1000) // 3600000000
            < us(r.received_at) // 3600000000
        ) as top_of_hour_retries,
        count(*) filter (
            us(r.received_at) // 60000000 % 60 < parameter('relief_window_min')
            and not r.is_early
            and o.was_refused_before
        ) as released_retries,
        count(distinct r.operation_id) filter (o.is_saved) as operations_saved
    from episode_retry as r
    inner join related as o on o.episode_no = r.episode_no and o.response_id = r.response_id
    group by r.episode_no
),
all_tenants as (
    select us(m.minute) // 60000000 as minute_no, sum(m.attempts) as attempts
    from store.tenant_minute as m
    where
        m.minute >= getvariable('episodes_from_at')
        and m.minute < getvariable('episodes_to_at')
    group by all
),
loads as (
    select e.episode_no, sum(a.attempts) as minute_attempts
    from episode_minute as e
    inner join all_tenants as a on a.minute_no = e.minute_no
    group by e.episode_no
),
minutes as (
    select *, us(minute) // 60000000 as minute_no
    from store.tenant_minute
    where
        minute >= getvariable('episodes_from_at')
            - to_minutes(getvariable('baseline_low_window') + 60)
        and minute < getvariable('episodes_to_at')
),
-- Five minutes smooth the error ratio of first attempts, before and during each episode.
near as (
    select
        e.episode_no,
        e.from_no,
        e.to_no,
        m.minute_no,
        m.minute_no >= e.from_no as is_inside,
        m.attempts,
        m.firsts,
        m.retries,
        m.peak_retries_10s,
        m.firsts - m.first_unclassified as classified_firsts,
        m.first_errors,
        sum(m.first_errors) over five_minutes as first_errors_5m,
        sum(m.firsts - m.first_unclassified) over five_minutes as classified_5m
    from due_episode as e
    inner join minutes as m
        on m.tenant_id is not distinct from e.tenant_id
        and m.minute_no between e.from_no - 10 and e.to_no
    window five_minutes as (
        partition by e.episode_no order by m.minute_no range between 4 preceding and current row
    )
),
failing as (
    select
        *,
        first_errors_5m >= parameter('failing_errors_5m')
            and first_errors_5m >= parameter('failing_ratio') * classified_5m as is_outage,
        max(minute_no) filter (
            first_errors_5m >= parameter('failing_errors_5m') / 2
            and first_errors_5m >= parameter('still_failing_ratio') * classified_5m
        ) over (partition by episode_no) as failed_until_no
    from near
),
inside as (
    select
        episode_no,
        sum(retries) filter (is_inside) as minute_retries,
        max(retries) filter (is_inside) as peak_retries_per_minute,
        max(peak_retries_10s) filter (is_inside) as peak_retries_10s,
        bool_or(is_outage) as had_failing_firsts,
        coalesce(max(to_no) - greatest(max(failed_until_no), max(from_no) - 1), 0)
            as tail_minutes,
        coalesce(sum(attempts) filter (is_inside and minute_no > failed_until_no), 0)
            as tail_attempts,
        coalesce(sum(firsts) filter (is_inside and minute_no > failed_until_no), 0) as tail_firsts,
        coalesce(sum(classified_firsts) filter (is_inside and minute_no > failed_until_no), 0)
            as tail_classified_firsts,
        coalesce(sum(first_errors) filter (is_inside and minute_no > failed_until_no), 0)
            as tail_first_errors
    from failing
    group by episode_no
),
before as (
    select
        e.episode_no,
        coalesce(sum(m.retries) filter (
            m.minute_no >= e.from_no - getvariable('baseline_window')
        ), 0) as usual_retries,
        coalesce(sum(m.firsts) filter (
            m.minute_no >= e.from_no - getvariable('baseline_window')
        ), 0) as usual_firsts,
        coalesce(sum(m.firsts - m.first_unclassified), 0) as day_firsts,
        coalesce(sum(m.first_errors), 0) as day_first_errors
    from due_episode as e
    left join minutes as m
        on m.tenant_id is not distinct from e.tenant_id
        and m.minute_no
        between e.from_no - getvariable('baseline_low_window')
        and e.from_no - getvariable('baseline_guard') - 1
    group by e.episode_no
)
select
    s.storm_id,
    e.tenant_id,
    moment_of(e.from_no * 60000000) as first_minute,
    moment_of(e.to_no * 60000000) as last_minute,
    e.is_burst,
    s.started_at,
    s.ended_at,
    c.* exclude (episode_no),
    k.error_code,
    coalesce(k.error_codes, []) as error_codes,
    r.* exclude (episode_no),
    i.* exclude (episode_no),
    l.minute_attempts,
    b.* exclude (episode_no)
from due_episode as e
inner join episode_span as s on s.episode_no = e.episode_no
inner join counted as c on c.episode_no = e.episode_no
left join codes as k on k.episode_no = e.episode_no
inner join retried as r on r.episode_no = e.episode_no
inner join inside as i on i.episode_no = e.episode_no
inner join loads as l on l.episode_no = e.episode_no
inner join before as b on b.episode_no = e.episode_no;

insert into store.storm_driver by name
select s.storm_id, 'code' as dimension, r.previous_error_code::varchar as value, count(*) as retries
from episode_retry as r
inner join episode_span as s on s.episode_no = r.episode_no
group by all
union all
select s.storm_id, 'route' as dimension, r.http_route as value, count(*) as retries
from episode_retry as r
inner join episode_span as s on s.episode_no = r.episode_no
group by all
union all
select s.storm_id, 'surface' as dimension, r.surface as value, count(*) as retries
from episode_retry as r
inner join episode_span as s on s.episode_no = r.episode_no
group by all;
