-- How fast the error budget burns at the end of the data. Grain: one row per rule.
select v.*
from burn_rates as v
