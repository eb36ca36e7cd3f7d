-- The burn rates that fire at the end of the data, of all tenants. Grain: one row per rule.
select
    b.rule,
    b.action,
    b.window_h,
    b.burn_rate,
    b.burn_limit,
    b.our_failures,
    b.operations
from kept.burn_rates as b
where b.fires
order by b.burn_limit desc
