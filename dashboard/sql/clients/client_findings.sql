-- Every check of one client that had something to count, what was found first, gravest first.
-- Grain: one row per check. Parameters: client
select
    f.finding,
    f.severity,
    f.cases,
    f.of_cases,
    f.value,
    f.limit_value,
    f.judged,
    f.found,
    f.trace_ids
from kept.conduct_findings as f
where f.tenant_id = $client
order by
    f.found desc,
    list_position(['fault', 'advice', 'support'], f.severity),
    f.cases / nullif(f.of_cases, 0) desc,
    f.finding
