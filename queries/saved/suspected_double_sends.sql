-- Who may have sent a message twice?
select tenant_id, duplicate_sends, keyless_requests, keyless_retries, minted_keys
from client_conduct
where duplicate_sends > 0
order by duplicate_sends desc, tenant_id
