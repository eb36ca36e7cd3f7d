-- One row per response from the events of this batch: field by field app, else OTLP, else edge.
-- The request's own line adds what only it knows; an internal line says who failed inside.
-- `part` is read five times, each time a few columns of it: kept whole, it cost half as much again.
with part as not materialized (
    select e.trace_id as slot, false as is_duplicate_trace, e.*
    from batch_event as e
    where not exists (select 1 from irregular_trace as i where i.trace_id = e.trace_id)
    union all
    select s.slot, s.is_duplicate_trace, e.*
    from batch_event as e
    inner join irregular_slot as s on s.event_row = e.event_row
),
-- Each kind by the columns themselves: a scan skips what its statistics rule out.
app as (
    select p.*, c.surface, c.http_method, c.http_route, c.service_version, c.host
    from part as p
    inner join store.context as c on c.context_id = p.context_id
    where p.kind = 1
),
otlp as (
    select p.*, c.surface, c.http_method, c.http_route, c.service_version, c.host
    from part as p
    inner join store.context as c on c.context_id = p.context_id
    where p.kind = 5
),
edge as (
    select p.*, c.surface, c.http_method
    from part as p
    inner join store.context as c on c.context_id = p.context_id
    where p.kind = 4
),
received as (
    select
        p.slot, p.occurred_at, c.http_method, c.http_route, p.url_path, p.tenant_id,
        p.idempotency_key, p.body_hash, p.recipient, p.user_agent
    from part as p
    inner join store.context as c on c.context_id = p.context_id
    where p.kind = 2
),
internal as (
    select p.slot, c.delivery_service, c.internal_code
    from part as p
    inner join store.context as c on c.context_id = p.context_id
    where p.kind = 3 and (c.delivery_service is not null or c.internal_code is not null)
),
seen as (
    select
        coalesce(app.slot, otlp.slot, edge.slot) as slot,
        coalesce(app.trace_id, otlp.trace_id, edge.trace_id) as trace_id,
        coalesce(app.occurred_at, otlp.occurred_at, edge.occurred_at) as occurred_at,
        coalesce(app.duration_ms, otlp.duration_ms, edge.duration_ms) as duration_ms,
        coalesce(app.tenant_id, otlp.tenant_id, edge.tenant_id) as tenant_id,
        coalesce(app.surface, otlp.surface, edge.surface, 'other') as surface,
        coalesce(app.http_method, otlp.http_method, edge.http_method) as http_method,
        coalesce(app.http_route, otlp.http_route) as http_route,
        coalesce(app.url_path, otlp.url_path, edge.url_path) as url_path,
        coalesce(app.http_status, otlp.http_status, edge.http_status) as http_status,
        coalesce(app.is_error, otlp.is_error) as is_error,
        coalesce(app.error_code, otlp.error_code) as error_code,
        coalesce(app.retryable, otlp.retryable) as retryable,
        app.error_message,
        coalesce(app.retry_after_s, otlp.retry_after_s) as retry_after_s,
        coalesce(app.retry_after_header_s, edge.retry_after_header_s) as retry_after_header_s,
        app.attachment_index,
        app.allowed_effects,
        app.reason,
        app.envelope,
        coalesce(app.service_version, otlp.service_version) as service_version,
        coalesce(app.host, otlp.host) as host,
        edge.user_agent,
        app.code_as_string,
        app.body_status,
        app.body_success,
        app.body_trace_ok,
        coalesce(app.header_trace_ok, edge.header_trace_ok) as header_trace_ok,
        edge.http_status as edge_status,
        case when app.slot is null then 0 else 1 end
        + case when edge.slot is null then 0 else 2 end
        + case when otlp.slot is null then 0 else 4 end as seen_in,
        coalesce(app.is_duplicate_trace, otlp.is_duplicate_trace, edge.is_duplicate_trace) as is_duplicate_trace
    from app
    full outer join otlp on otlp.slot = app.slot
    full outer join edge on edge.slot = coalesce(app.slot, otlp.slot)
),
merged as (
    select
        seen.* exclude (tenant_id, http_method, http_route, url_path, user_agent),
        -- Clocks of two hosts may differ: nothing was received after it was answered.
        least(seen.occurred_at, coalesce(
            received.occurred_at, moment_of(us(seen.occurred_at) - coalesce(seen.duration_ms, 0) * 1000)
        )) as received_at,
        coalesce(seen.tenant_id, received.tenant_id) as tenant_id,
        coalesce(seen.http_method, received.http_method) as http_method,
        coalesce(seen.http_route, received.http_route) as http_route,
        coalesce(seen.url_path, received.url_path) as url_path,
        coalesce(received.user_agent, seen.user_agent) as user_agent,
        received.idempotency_key,
        received.body_hash,
        received.recipient,
        internal.delivery_service,
        internal.internal_code,
        case
            when received.idempotency_key is not null then 'idempotency_key'
            when received.body_hash is not null then 'fingerprint'
            else 'weak_fingerprint'
        end as chain_basis
    from seen
    left join received on received.slot = seen.slot
    left join internal on internal.slot = seen.slot
),
named as (
    select
        merged.*,
        hash64(concat_ws(
            '/', trace_id, coalesce(tenant_id, ''), us(occurred_at),
            case when is_duplicate_trace then split_part(slot, '#', 2) else '' end
        )) as response_id,
        hash64(concat_ws(
            '/', chain_basis, coalesce(tenant_id, ''), coalesce(http_method, ''),
            coalesce(case when chain_basis = 'weak_fingerprint' then url_path else http_route end, ''),
            coalesce(idempotency_key, body_hash, recipient, 0)
        )) as chain_key
    from merged
)
insert into store.response by name
select
    named.* exclude (slot),
    getvariable('batch_no') as batch_no,
    response_id as operation_id,
    1 as attempt
from named;
