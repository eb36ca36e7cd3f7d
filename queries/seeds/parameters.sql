-- Inserts one row of parameters.csv.
insert into store.parameter
select
    $parameter,
    $value::double,
    $default_value::double,
    $unit,
    $meaning,
    $origin
