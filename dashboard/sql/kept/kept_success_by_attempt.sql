-- Whether trying again helps. Grain: one row per scope, tenant and number of the attempt.
select v.*
from success_by_attempt as v
