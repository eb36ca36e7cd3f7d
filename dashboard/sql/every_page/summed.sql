-- The stored sums over the responses that the filter bar selects; the flag, which selects errors only, is up to the
-- reader. Surfaces are those of the logs: `documented` tells which the filter bar offers as `other`.
-- Grain: as `response_by_unit`. Parameters: start, end, surfaces (empty: all), tenant (NULL: all)
select s.*
from response_by_unit as s
where
    s.starts_at >= $start
    and s.starts_at < $end
    and ($tenant::varchar is null or s.tenant_id = $tenant)
    and (
        len($surfaces::varchar[]) = 0
        or s.surface in $surfaces::varchar[]
        or ('other' in $surfaces::varchar[] and s.surface not in $documented::varchar[])
    )
