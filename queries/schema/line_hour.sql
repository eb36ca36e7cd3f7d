-- Sending lines that the application log named as used up, by the hour in which the refused requests were received.
-- Grain: one row per tenant, hour and line named.
--
-- tenant_id: caller; NULL if unknown
-- hour: start of the hour, UTC
-- line_id: pseudonym of the line
-- cap: messages the line may send in the hour, as named
-- used: messages it had sent, the most that was named
-- refusals: refusals that named it
-- first_named_at: when the first request whose refusal shows it used up was received, UTC; NULL if none does
-- sends: messages logged as delivered by it to requests received in the hour
-- cap_reached_at: when the request was received with whose delivery it reached its cap, UTC; NULL if the log has fewer
create table store.line_hour (
    tenant_id varchar,
    hour timestamp not null,
    line_id ubigint not null,
    cap integer,
    used integer,
    refusals bigint not null,
    first_named_at timestamp,
    sends bigint not null,
    cap_reached_at timestamp
);
