-- How long clients waited where they had to choose the wait themselves, or ignored the one they were
-- told. A histogram that can be added up over hours: medians come from it.
-- Grain: one row per caller, hour, pace, step and length of wait.
--
-- tenant_id: caller
-- hour: full hour in which the retry was received, UTC
-- pace: growing where the reference asks for 1, 2, 4 s; short where it asks for a short delay
-- step: 1 before the second attempt, 2 before the third, 3 before any later one
-- wait_ms: length of the wait, the lower end of a class: exact below 64 ms, else at most 3 % too low
-- retries: attempts after such a wait
create table store.conduct_wait (
    tenant_id varchar not null,
    hour timestamp not null,
    pace varchar not null,
    step integer not null,
    wait_ms bigint not null,
    retries bigint not null
);
