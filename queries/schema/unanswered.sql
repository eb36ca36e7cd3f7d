-- Traces of which some batch held request or internal events and no answer.
-- Grain: one row per trace and batch that left it so; an answer may have come from far off since.
--
-- trace_id: correlation id
create table store.unanswered (
    trace_id varchar not null
);
