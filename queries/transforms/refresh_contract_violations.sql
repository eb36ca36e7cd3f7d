-- Violations of the contract in the touched hours, one block a kind.
--
-- Absence is judged only where it could have been seen: headers by the application log, the body by
-- the application log or, for what its records hold, by OTLP. Neither tells an error without a body
-- from one whose body lost everything, so an error of which nothing is known breaks no rule.

-- Sorts of text that a message must not hold, by name; '' if there are none. Quoted parts repeat what
-- the caller sent, so they are no variables of ours. Names of the reference look like variables.
create or replace temp macro forbidden_sorts(said, delivery_service, internal_code, documented_names) as
    concat_ws(
        ', ',
        case when
            regexp_matches(said, '(?i)\b[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*\.(internal|local|lan|svc|cluster|corp)\b|\blocalhost\b')
            or regexp_matches(said, '\b(10|127|192\.168|172\.(1[6-9]|2[0-9]|3[01]))(\.[0-9]{1,3}){2,3}\b')
            or regexp_matches(said, '\bE(CONN[A-Z]+|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN|PIPE)\b')
            or length(delivery_service) >= 4 and contains(lower(said), lower(delivery_service))
            or length(internal_code) >= 4 and contains(lower(said), lower(internal_code))
            then 'internal delivery name'
        end,
        case when
            len(list_filter(
                regexp_extract_all(
                    regexp_replace(said, '''[^'']*''', '', 'g'), '\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b'
                ),
                lambda name: not list_contains(documented_names, name)
            )) > 0
            or regexp_matches(said, '(?i)\b(environment variable|env var|process\.env|os\.environ)\b')
            then 'variable name'
        end,
        case when
            regexp_matches(
                said,
                '(?i)\b(duplicate key|violates [a-z -]*constraint|sqlstate|deadlock detected|syntax error at or near'
                || '|column .{1,60} does not exist|relation .{1,60} does not exist|psycopg|sqlalchemy'
                || '|ora-[0-9]{4,5}|mongo(db|error)|redis(error)?|postgres(ql)?|mysql|sqlite)\b'
            )
            or regexp_matches(said, '\b(SELECT .+ FROM|INSERT INTO|UPDATE .+ SET|DELETE FROM)\b')
            then 'database error'
        end,
        case when
            regexp_matches(said, '\b(AES|GCM|CBC|RSA|ECDSA|Ed25519|HMAC|PBKDF2|SHA-?(1|256|384|512)|MD5|PEM|x509)\b')
            or regexp_matches(said, '(?i)\b(decrypt(ion|ed)?|cipher|nonce|private key|tag verification|key derivation)\b')
            then 'crypto step'
        end,
        case when
            regexp_matches(said, '(?i)\b(traceback|stack ?trace|unhandled exception|panic:|segfault)')
            or regexp_matches(said, '\b[A-Z][A-Za-z]+(Error|Exception): |\bFile "|\.(py|js|ts|go|java|rb):[0-9]+')
            then 'stack frame'
        end
    );

create or replace temp table checked_response as
with documented as (
    select array_agg(k.error_type) as names from store.error_code as k
)
select
    r.response_id,
    r.trace_id,
    r.occurred_at,
    t.hour,
    r.tenant_id,
    r.surface,
    r.http_route,
    r.http_status,
    coalesce(r.is_error, false) as is_error,
    r.error_code,
    r.retryable,
    r.retry_after_s,
    r.retry_after_header_s,
    r.attachment_index,
    r.allowed_effects,
    r.envelope,
    coalesce(r.code_as_string, false) as code_as_string,
    r.body_status,
    r.body_success,
    r.body_trace_ok,
    r.header_trace_ok,
    r.seen_in % 2 = 1 as in_app,
    -- The application log shows the body; an OTLP record proves one by what it took from it.
    r.envelope is not null or r.body_trace_ok is not null as has_body,
    r.envelope is not null or r.body_trace_ok is not null or r.error_code is not null
        or r.retryable is not null as was_read,
    r.is_duplicate_trace,
    k.error_code is not null as is_documented,
    k.http_statuses,
    -- The shapes that the reference has for this route; NULL where it has none.
    case
        when coalesce(r.http_route, r.url_path) = '/api/v1/send' then ['send_flat']
        when r.surface in ('v1', 'slack') then ['standard']
        when r.surface = 'salesforce' then ['ok_flag']
        when r.surface <> 'hubspot' then null
        when contains(coalesce(r.http_route, r.url_path), 'workflow') then ['hubspot_workflow']
        when contains(coalesce(r.http_route, r.url_path), 'webhook') then ['hubspot_webhook']
        else ['hubspot_webhook', 'hubspot_workflow']
    end as envelopes,
    case when r.is_error then
        forbidden_sorts(
            concat_ws(' ', r.error_message, r.reason), r.delivery_service, r.internal_code, d.names
        )
    end as forbidden
from store.response as r
inner join touched_hour as t
    on t.tenant_id is not distinct from r.tenant_id
    and t.hour = moment_of(us(r.received_at) // 3600000000 * 3600000000)
cross join documented as d
left join store.error_code as k on k.error_code = r.error_code
where
    r.received_at >= getvariable('touched_from_at')
    and r.received_at < getvariable('touched_to_at')
    and (
        r.is_error
        or r.is_duplicate_trace
        or r.seen_in % 2 = 1 and r.header_trace_ok is distinct from true
    );

delete from store.contract_violation as v
where
    v.kind <> 'flapping_retryable'
    and v.hour >= getvariable('touched_from_at')
    and v.hour < getvariable('touched_to_at')
    and exists (
        select 1 from touched_hour as t
        where t.hour = v.hour and t.tenant_id is not distinct from v.tenant_id
    );

insert into store.contract_violation by name
with found as (
    select 'undocumented_code' as kind, 'code ' || c.error_code || ' is not in the reference' as detail, c.*
    from checked_response as c
    where c.is_error and c.error_code is not null and not c.is_documented
    union all
    select 'missing_retryable', 'the body says nothing about retryable', c.*
    from checked_response as c
    where c.is_error and c.was_read and c.retryable is null
    union all
    -- A code that is text, but no number, was sent as text; it is not missing.
    select 'missing_code', 'the body has no code', c.*
    from checked_response as c
    where c.is_error and c.was_read and c.error_code is null and not c.code_as_string
    union all
    select 'code_as_string', 'the code is text in the body, not a number', c.*
    from checked_response as c
    where c.is_error and c.code_as_string
    union all
    select
        'undocumented_status',
        'status ' || c.http_status || '; the reference has ' || array_to_string(c.http_statuses, ' or '),
        c.*
    from checked_response as c
    where
        c.is_error
        and not list_contains(c.http_statuses, c.http_status)
        and not (c.surface = 'hubspot' and c.http_status = 200)
    union all
    -- HubSpot wants 200 on the wire, whatever the body repeats.
    select 'status_mismatch', 'the body says ' || c.body_status || ', the wire ' || c.http_status, c.*
    from checked_response as c
    where
        c.is_error
        and c.body_status <> c.http_status
        and not (c.surface = 'hubspot' and c.http_status = 200)
    union all
    select
        'trace_id_mismatch',
        case
            when c.body_trace_ok = false and c.header_trace_ok = false then 'body and header bear other ids'
            when c.body_trace_ok = false then 'the body bears another id'
            else 'the header bears another id'
        end,
        c.*
    from checked_response as c
    where c.body_trace_ok = false or c.header_trace_ok = false
    union all
    select 'missing_trace_id', 'the body has no trace_id', c.*
    from checked_response as c
    where c.is_error and c.has_body and c.body_trace_ok is null
    union all
    select 'missing_trace_header', 'no X-Trace-ID header', c.*
    from checked_response as c
    where c.in_app and c.header_trace_ok is null
    union all
    -- Without X-Trace-ID the headers may not have been logged at all: then the lack of another is no proof.
    select
        'retry_after_mismatch',
        'the body says ' || c.retry_after_s || ' s, the header '
        || coalesce(c.retry_after_header_s || ' s', 'nothing'),
        c.*
    from checked_response as c
    where
        c.is_error
        and c.retry_after_s is not null
        and c.retry_after_s is distinct from c.retry_after_header_s
        and (c.retry_after_header_s is not null or c.header_trace_ok is not null)
    union all
    select 'missing_retry_after', 'the body does not say how long to wait', c.*
    from checked_response as c
    where c.is_error and c.error_code in (1007, 4002) and c.retry_after_s is null
    union all
    select
        'unexpected_retry_after',
        'told to wait ' || coalesce(c.retry_after_s, c.retry_after_header_s) || ' s',
        c.*
    from checked_response as c
    where
        c.is_error
        and c.is_documented
        and c.error_code not in (1007, 4002)
        and coalesce(c.retry_after_s, c.retry_after_header_s) is not null
    union all
    select
        'attachment_index',
        'attachment_index ' || c.attachment_index
        || case when c.attachment_index < 0 then ' is negative' else ' on a code that has none' end,
        c.*
    from checked_response as c
    where
        c.is_error
        and (
            c.attachment_index < 0
            or c.attachment_index >= 0 and c.is_documented
                and c.error_code not in (1002, 1011) and c.error_code not between 5000 and 5999
        )
    union all
    select
        'missing_allowed_effects',
        case when c.allowed_effects is null then 'no list of allowed effects' else 'the list is empty' end,
        c.*
    from checked_response as c
    where c.is_error and c.has_body and c.error_code = 4098 and coalesce(len(c.allowed_effects), 0) = 0
    union all
    select
        'wrong_envelope',
        'shape ' || c.envelope || '; this route has ' || array_to_string(c.envelopes, ' or '),
        c.*
    from checked_response as c
    where c.is_error and not list_contains(c.envelopes, c.envelope)
    union all
    select 'forbidden_detail', 'the message holds: ' || c.forbidden, c.*
    from checked_response as c
    where c.forbidden <> ''
    union all
    select 'success_with_error', 'an error that says it succeeded', c.*
    from checked_response as c
    where c.is_error and c.body_success
    union all
    select 'duplicate_trace_id', 'another response of this caller within minutes bears the same id', c.*
    from checked_response as c
    where c.is_duplicate_trace
)
select
    f.kind, f.response_id, f.trace_id, f.occurred_at, f.hour, f.tenant_id, f.surface, f.http_route,
    f.error_code, f.detail
from found as f;

drop table checked_response;

-- A route whose flag changes with the same code within an hour. It concerns all callers, so one touched
-- tenant is enough to look at the whole hour again.
create or replace temp table touched_clock_hour as
select distinct t.hour from touched_hour as t;

delete from store.contract_violation as v
where
    v.kind = 'flapping_retryable'
    and v.hour in (select t.hour from touched_clock_hour as t);

insert into store.contract_violation by name
with sent as (
    select
        r.response_id, r.trace_id, r.occurred_at, t.hour, r.surface, r.http_route, r.error_code,
        r.retryable
    from store.response as r
    inner join touched_clock_hour as t on t.hour = moment_of(us(r.occurred_at) // 3600000000 * 3600000000)
    where
        r.occurred_at >= getvariable('touched_from_at')
        and r.occurred_at < getvariable('touched_to_at')
        and r.is_error
        and r.http_route is not null
        and r.error_code is not null
        and r.retryable is not null
),
flapping as (
    select
        s.hour,
        s.http_route,
        s.error_code,
        sum(case when s.retryable then 1 else 0 end) as yes,
        sum(case when s.retryable then 0 else 1 end) as no
    from sent as s
    group by s.hour, s.http_route, s.error_code
    having min(case when s.retryable then 1 else 0 end) < max(case when s.retryable then 1 else 0 end)
),
ordered as (
    select
        s.*,
        f.yes,
        f.no,
        first_value(s.retryable) over (
            partition by s.hour, s.http_route, s.error_code order by s.occurred_at, s.response_id
        ) as first_flag,
        row_number() over (
            partition by s.hour, s.http_route, s.error_code, s.retryable order by s.occurred_at, s.response_id
        ) as position
    from sent as s
    inner join flapping as f
        on f.hour = s.hour and f.http_route = s.http_route and f.error_code = s.error_code
)
select
    'flapping_retryable' as kind,
    o.response_id,
    o.trace_id,
    o.occurred_at,
    o.hour,
    cast(null as varchar) as tenant_id,
    o.surface,
    o.http_route,
    o.error_code,
    'retryable ' || o.yes || ' times true and ' || o.no || ' times false within this hour' as detail
from ordered as o
where o.position = 1 and o.retryable <> o.first_flag;
