-- Where does the API break its own contract?
select kind, count(*) as violations, min(occurred_at) as first_at, max(occurred_at) as last_at, max(trace_id) as one_of_them
from contract_violations
group by kind
order by violations desc, kind
