-- Whether the data cover a period, so that its figures may be compared. They do if they reach back over all of
-- it (but for a twenty-fourth: a quiet night begins late), and hold no longer stretch of hours without any
-- response than $gap_h, that of the window they are compared with: a day nobody loaded is not a day without
-- errors. Times are UTC.
-- Grain: one row.
-- Parameters: since, until, gap_h (0 for the window itself)
with

hours as (
    select unnest(range(date_trunc('hour', $since::timestamp), $until::timestamp, interval 1 hour)) as hour
),

seen as (
    select distinct s.starts_at as hour
    from response_sums('hour') as s
    where s.starts_at >= date_trunc('hour', $since::timestamp) and s.starts_at < $until::timestamp
),

-- Hours without a response have the number of the hour with one before them.
numbered as (
    select
        h.hour,
        s.hour is null as is_empty,
        count(s.hour) over (order by h.hour) as stretch
    from hours as h
    left join seen as s on h.hour = s.hour
),

stretches as (
    select
        n.stretch,
        count(*) filter (n.is_empty) as empty_hours
    from numbered as n
    group by all
),

measured as (
    select
        (select min(s.first_sent_at) from response_sums('hour') as s) as data_from,
        (select count(*) from hours) as hours,
        (select count(*) from seen) as hours_seen,
        (select coalesce(max(s.empty_hours), 0) from stretches as s) as longest_gap_h
)

select
    m.*,
    m.data_from is null
    or date_trunc('minute', m.data_from) > $since::timestamp + ($until::timestamp - $since::timestamp) / 24
        as begins_late,
    m.longest_gap_h > greatest($gap_h::bigint, 1) as has_gap
from measured as m
