-- How many responses the filters select. Grain: one row.
select count(*) as responses
from filtered as f
