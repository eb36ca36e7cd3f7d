-- The error budget burns faster than a month of it allows.
-- Next: see on Overview and Errors which code, route or tenant it is.
select
    b.rule as subject,
    b.action as severity,
    null::timestamp as started_at,
    printf(
        '%s of %s operations of the last %s h failed by our fault: %.1f times what the budget allows (limit %.1f)',
        format('{:,}', b.our_failures), format('{:,}', b.operations), format('{:g}', b.window_h),
        b.burn_rate, b.burn_limit
    ) as summary,
    '?range=24h' as screen
from burn_rates as b
where b.fires
