-- What the surface filter offers: the documented surfaces in the order of the reference, and `other`
-- where any other was seen. Grain: one row per choice.
with

documented as (
    select
        s.surface,
        row_number() over () as position
    from api_surfaces as s
)

select surface
from (
    select surface, position from documented
    union all
    select 'other', 99
    where exists (select 1 from seen_surfaces anti join documented using (surface))
)
order by position
