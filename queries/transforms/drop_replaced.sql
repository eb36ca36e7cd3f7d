-- They are written anew.
delete from store.response
where
    occurred_at >= getvariable('from_at')
    and occurred_at <= getvariable('to_at')
    and response_id in (select p.response_id from replaced_response as p);
delete from store.unanswered
where trace_id in (select t.trace_id from touched_trace as t);
