-- How long clients wait. Grain: one row per tenant, pace and step.
select v.*
from conduct_waits as v
