-- Operations of those members, attempts numbered. Rows are settled only if the beginning and the end
-- of their operation are surely in sight: one that may continue outside the window is left alone if
-- nothing in it changes (no new attempt, none renumbered, none lost), and makes the caller widen the
-- window if something does.
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
        count(*) over (partition by chain_key, operation_no) as size,
        sum(case when is_fresh then 0 else 1 end) over (partition by old_operation_id) as old_size
    from grouped
),
compared as (
    select
        numbered.*,
        max(case
            when is_fresh or operation_id <> old_operation_id or attempt <> old_attempt or size <> old_size then 1
            else 0
        end) over (partition by chain_key, operation_no) as touches
    from numbered
)
select
    compared.* exclude (operation_no, first_position, size, old_size, touches),
    touches = 1 as is_touched,
    case when attempt > 1 then (received_us - previous_answered_us) // 1000 end as waited_ms,
    first_position = 1 and first_us - us(getvariable('chain_from_at')) <= 90000000000
    or us(getvariable('chain_to_at')) - last_us <= 90000000000 as is_cut
from compared;
