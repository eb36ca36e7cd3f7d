-- Routes that ever answered 4002, on which sends are counted. Grain: one row per route.
select s.*
from kept.saturable_routes as s
order by s.refused desc, s.http_route
