-- Lines that could not become an event, kept with place and reason.
-- Grain: one row per rejected line.
--
-- source_no: source that holds the line
-- line_number: line in the decompressed file, from 1
-- record_number: record within an OTLP line, from 1; NULL where the whole line was rejected
-- byte_offset: where the line begins in the decompressed bytes, from 0
-- reason: encoding, nul, too_long, too_dense, json, not_object, glued, time, event, number, shape, syntax or
--   wrapper
-- excerpt: what the line looked like, redacted
create table store.rejected_line (
    source_no integer not null,
    line_number bigint not null,
    record_number integer,
    byte_offset bigint not null,
    reason varchar not null,
    excerpt varchar
);
