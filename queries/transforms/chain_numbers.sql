-- Operations of those members, attempts numbered. Rows are settled only if the beginning and the end
-- of their operation are surely in sight: one that may continue outside the window is left alone if
-- nothing in it is new, and makes the caller widen the window if something is.
create or replace temp table chain_number as
with grouped as (
    select
        m.*,
        sum(case when m.starts then 1 else 0 end) over (
            partition by m.chain_key order by m.position rows unbounded preceding
        ) as operation_no
    from chain_member as m
),
numbered as (
    select
        grouped.*,
        row_number() over (partition by chain_key, operation_no order by position) as attempt,
        first_value(response_id) over (partition by chain_key, operation_no order by position) as operation_id,
        min(position) over (partition by chain_key, operation_no) as first_position,
        min(received_us) over (partition by chain_key, operation_no) as first_us,
        max(answered_us) over (partition by chain_key, operation_no) as last_us,
        max(case when is_fresh then 1 else 0 end) over (partition by chain_key, operation_no) as has_fresh
    from grouped
)
select
    numbered.* exclude (operation_no, first_position, has_fresh),
    has_fresh = 1 as has_fresh,
    case when attempt > 1 then (received_us - previous_answered_us) // 1000 end as waited_ms,
    first_position = 1 and first_us - us(getvariable('chain_from_at')) <= 90000000000
    or us(getvariable('chain_to_at')) - last_us <= 90000000000 as is_cut
from numbered;
