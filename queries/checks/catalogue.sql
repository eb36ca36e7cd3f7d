-- The catalogue holds the 38 codes and 4 surfaces of the API reference, each once.
-- Next: install chertlog again: its seed files are incomplete.
select
    count(*) as codes,
    count(distinct k.error_code) as distinct_codes,
    (select count(distinct s.surface) from store.api_surface as s) as surfaces
from store.error_code as k
having count(*) != 38 or count(distinct k.error_code) != 38 or surfaces != 4
