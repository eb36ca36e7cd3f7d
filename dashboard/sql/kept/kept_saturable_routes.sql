-- Routes that ever answered 4002. Grain: one row per route.
select v.*
from saturable_routes as v
