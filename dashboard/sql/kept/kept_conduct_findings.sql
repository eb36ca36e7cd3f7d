-- Every check of every client. Grain: one row per tenant and check.
select v.*
from conduct_findings as v
