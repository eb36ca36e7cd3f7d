-- What storms and clients are judged by. Grain: one row per parameter.
select p.parameter, p.value
from parameters as p
order by p.parameter
