-- Every threshold the numbers rest on.
-- Grain: one row per parameter.
--
-- parameter: its name
-- value: value in force
-- default_value: value as shipped
-- unit: unit of the value
-- meaning: what it decides
-- origin: where the value comes from
select * from store.parameter
