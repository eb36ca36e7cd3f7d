-- What the retries of all storms were made of. Grain: one row per storm, dimension and value.
select v.*
from storm_drivers as v
