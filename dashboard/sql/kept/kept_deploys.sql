-- All versions, with the verdict on their first day. Grain: one row per version.
select v.*
from deploys as v
