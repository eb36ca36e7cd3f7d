-- What differs between SQL engines, behind names that each of them can define. The transforms use
-- nothing else that is not core SQL, so that another engine can run the same text.

create or replace temp macro us(moment) as epoch_us(moment);
create or replace temp macro moment_of(microseconds) as make_timestamp(microseconds);
create or replace temp macro hash64(value) as md5_number_lower(value);
create or replace temp macro slice_of(value, slices) as hash(value) % slices;
create or replace temp macro parameter(name) as
    (select p.value from store.parameter as p where p.parameter = name);

-- How long after an answer another attempt without a key still belongs to the chain (microseconds).
create or replace temp macro gap_limit_us(error_code, told_s, answered_us) as
    1000000 * least(
        case error_code
            when 1007 then
                cast(parameter('gap_limit_1007_factor') as bigint)
                * coalesce(told_s, cast(parameter('retry_after_1007_default_s') as bigint))
                + cast(parameter('gap_limit_1007_extra_s') as bigint)
            when 4002 then
                greatest(coalesce(told_s, 0), 3600 - answered_us // 1000000 % 3600)
                + cast(parameter('gap_limit_4002_extra_s') as bigint)
            else cast(parameter('gap_limit_s') as bigint)
        end,
        cast(parameter('idempotency_window_h') as bigint) * 3600
    );

-- The log that a kind of event stands in.
create or replace temp macro log_of(kind) as case when kind <= 3 then 'app' when kind = 4 then 'edge' else 'otlp' end;

-- Names an event by its place. Not rowid: that of a row written in the same transaction was seen to
-- change between two scans.
create or replace temp macro event_row(source_no, line_number, record_number) as
    cast(source_no as hugeint) * 100000000000000000000
    + cast(line_number as hugeint) * 100000000 + coalesce(record_number, 0);
