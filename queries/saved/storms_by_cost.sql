-- Which retry storms cost most?
select storm_id, tenant_id, started_at, verdict, error_code, retries, amplification, wasted_attempts, operations_saved
from retry_storms
order by wasted_attempts desc, storm_id
limit 50
