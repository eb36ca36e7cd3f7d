-- What the data say about one code, over everything that is loaded.
-- Grain: one row; none if the code was never sent.
select
    c.errors,
    c.share,
    c.operations,
    c.tenants,
    c.first_seen_at,
    c.last_seen_at
from errors_by_code as c
where c.error_code = $code
