-- Rejected lines, latest source first. Grain: one row per rejected line.
-- Parameters: why (NULL: all reasons)
select
    r.reason,
    r.path,
    r.line_number,
    r.record_number,
    r.byte_offset,
    r.excerpt,
    r.source_id
from rejected_lines as r
where $why::varchar is null or r.reason = $why
order by length(r.source_id) desc, r.source_id desc, r.line_number, r.record_number
limit 500
