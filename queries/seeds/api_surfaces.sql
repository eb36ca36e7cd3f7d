-- Inserts one row of api_surfaces.csv.
insert into store.api_surface
select
    $surface,
    $path_prefix,
    string_split($envelopes, '|'),
    $trace_id_digits::smallint,
    $fails_over_200::boolean,
    $retried_by
