-- Every threshold the numbers rest on, from seeds/parameters.csv and chertlog.toml.
-- Grain: one row per parameter.
--
-- parameter: its name
-- value: value in force
-- default_value: value as shipped
-- unit: unit of the value
-- meaning: what it decides
-- origin: where the value comes from
create table store.parameter (
    parameter varchar not null,
    value double not null,
    default_value double not null,
    unit varchar not null,
    meaning varchar not null,
    origin varchar not null
);
