-- Inserts one row of error_codes.csv.
insert into store.error_code
select
    $error_code::integer,
    $error_type,
    $name_source,
    string_split($http_statuses, '|')::smallint[],
    $retryable::boolean,
    $error_class,
    $meaning,
    $action,
    $retry_strategy
