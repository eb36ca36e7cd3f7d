-- Repeated events are gone by now.
-- Which response each event of an irregular trace belongs to. A slot is one response.
-- Same trace_id, same tenant (or tenant unknown), at most 15 minutes apart: one response; several
-- response.sent in it are that many responses, each with the request next to it in order.
create or replace temp table irregular_slot as
with event as (
    select
        e.event_row, e.trace_id, e.tenant_id, us(e.occurred_at) as at_us, e.digit,
        e.http_status, e.duration_ms, e.error_code, e.line_number
    from batch_event as e
    where e.trace_id in (select i.trace_id from irregular_trace as i)
),
known as (
    select
        event.*,
        case
            when at_us - lag(at_us) over (partition by trace_id, tenant_id order by at_us, line_number) <= 900000000
                then 0
            else 1
        end as starts
    from event
    where tenant_id is not null
),
known_group as (
    select
        known.*,
        sum(starts) over (
            partition by trace_id, tenant_id order by at_us, line_number rows unbounded preceding
        ) as group_no
    from known
),
span as (
    select trace_id, tenant_id, group_no, min(at_us) as from_us, max(at_us) as to_us
    from known_group
    group by trace_id, tenant_id, group_no
),
nearest as (
    select
        event.event_row, span.tenant_id as span_tenant, span.from_us as span_from,
        row_number() over (
            partition by event.event_row
            order by
                greatest(span.from_us - event.at_us, event.at_us - span.to_us, 0),
                span.from_us, span.tenant_id
        ) as choice
    from event
    inner join span
        on
            span.trace_id = event.trace_id
            and event.at_us >= span.from_us - 900000000
            and event.at_us <= span.to_us + 900000000
    where event.tenant_id is null
),
unknown as (
    select
        event.*,
        case
            when at_us - lag(at_us) over (partition by trace_id order by at_us, line_number) <= 900000000 then 0
            else 1
        end as starts
    from event
    where tenant_id is null and event_row not in (select nearest.event_row from nearest)
),
unknown_group as (
    select
        unknown.*,
        sum(starts) over (partition by trace_id order by at_us, line_number rows unbounded preceding) as group_no
    from unknown
),
unknown_span as (
    select trace_id, group_no, min(at_us) as from_us
    from unknown_group
    group by trace_id, group_no
),
placed as (
    select
        known_group.event_row,
        known_group.trace_id || '/' || known_group.tenant_id || '/' || span.from_us as response_group
    from known_group
    inner join span
        on
            span.trace_id = known_group.trace_id
            and span.tenant_id = known_group.tenant_id
            and span.group_no = known_group.group_no
    union all
    select event.event_row, event.trace_id || '/' || nearest.span_tenant || '/' || nearest.span_from
    from nearest
    inner join event on event.event_row = nearest.event_row
    where nearest.choice = 1
    union all
    select unknown_group.event_row, unknown_group.trace_id || '//' || unknown_span.from_us
    from unknown_group
    inner join unknown_span
        on unknown_span.trace_id = unknown_group.trace_id and unknown_span.group_no = unknown_group.group_no
),
ranked as (
    select
        placed.event_row,
        placed.response_group,
        event.digit,
        row_number() over (
            partition by placed.response_group, event.digit
            order by event.at_us, event.http_status, event.duration_ms, event.error_code, event.line_number
        ) as position,
        count(*) over (partition by placed.response_group, event.digit) as of_kind,
        greatest(count(*) filter (where event.digit = 1) over (partition by placed.response_group), 1) as responses
    from placed
    inner join event on event.event_row = placed.event_row
)
select
    ranked.event_row,
    ranked.response_group || '#' || number.n as slot,
    ranked.responses > 1 as is_duplicate_trace
from ranked
inner join (select range as n from range(1, 1001)) as number
    on number.n <= ranked.responses and ranked.position = least(number.n, ranked.of_kind);
