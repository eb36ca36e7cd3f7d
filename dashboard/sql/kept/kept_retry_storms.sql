-- All storms, as the view tells them. Grain: one row per storm.
select v.*
from retry_storms as v
