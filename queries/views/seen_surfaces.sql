-- API surfaces that get rows even when nothing happened on them: the four documented ones and any
-- other that was seen.
-- Grain: one row per surface.
--
-- surface: its name
select s.surface from store.api_surface as s
union
select h.surface from store.response_hour as h
