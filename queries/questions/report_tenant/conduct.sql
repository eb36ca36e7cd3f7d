-- What to tell one tenant about how its client deals with errors, over everything loaded: the paragraph of its
-- report card, which holds nothing of other tenants and no personal data.
-- Grain: one row, or none.
-- Parameters: tenant
select c.paragraph
from client_conduct as c
where c.tenant_id = $tenant
