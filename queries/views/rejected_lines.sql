-- Lines that could not become an event, with where they are and why.
-- Grain: one row per rejected line.
--
-- source_id: source that holds the line; see view sources
-- path: path of that source
-- line_number: line in the decompressed file, from 1
-- record_number: record within an OTLP line, from 1; NULL where the whole line was rejected
-- byte_offset: where the line begins in the decompressed bytes, from 0
-- reason: encoding, nul, too_long, too_dense, json, not_object, glued, time, event, number, shape, syntax or
--   wrapper
-- excerpt: what the line looked like, redacted
select
    's' || l.source_no as source_id,
    s.path,
    l.line_number,
    l.record_number,
    l.byte_offset,
    l.reason,
    l.excerpt
from store.rejected_line as l
left join store.source as s on l.source_no = s.source_no
