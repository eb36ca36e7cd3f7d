-- What the retries of each storm were made of.
-- Grain: one row per storm, dimension and value.
--
-- storm_id: the storm
-- dimension: code (of the answer that was retried), route or surface
-- value: its value; NULL where there was none
-- retries: retries of the storm with this value
create table store.storm_driver (
    storm_id ubigint not null,
    dimension varchar not null,
    value varchar,
    retries integer not null
);
