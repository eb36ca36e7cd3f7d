-- The traces of this batch that are not simply one line of each kind: repeated lines, ids shared by
-- tenants, ids used again later, several answers under one id. All others go straight to
-- merge_responses.sql. And those without an answer (refresh_unanswered.sql).
-- Kinds are counted as digits of one number, because a hash table of millions of traces has to fit
-- in memory: sent 1, received 100, other app events 10^4, edge 10^6, OTLP 10^8. Of many lines the
-- digits run over: only of few is it known here that none is an answer.
create or replace temp table odd_trace as
with counted as (
    select
        e.trace_id,
        count(*) as events,
        sum(e.digit) as digits,
        min(e.tenant_id) <> max(e.tenant_id) as is_shared,
        max(us(e.occurred_at)) - min(us(e.occurred_at)) > 900000000 as is_long
    from batch_event as e
    group by e.trace_id
),
judged as (
    select
        c.trace_id,
        c.events,
        c.events > 5
        or c.digits % 100 > 1
        or c.digits // 100 % 100 > 1
        or c.digits // 10000 % 100 > 1
        or c.digits // 1000000 % 100 > 1
        or c.digits // 100000000 > 1
        or coalesce(c.is_shared, false)
        or c.is_long as is_irregular,
        c.events > 5 or (c.digits % 100 = 0 and c.digits < 1000000) as may_be_unanswered
    from counted as c
)
select * from judged
where is_irregular or may_be_unanswered;
create or replace temp view irregular_trace as
select o.trace_id from odd_trace as o
where o.is_irregular;
