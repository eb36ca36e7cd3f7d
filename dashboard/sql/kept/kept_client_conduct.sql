-- What clients do wrong. Grain: one row per tenant.
select v.*
from client_conduct as v
