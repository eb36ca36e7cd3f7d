-- Every file ever offered to `chertlog ingest`, loaded or not, with what became of its lines:
-- lines = events + rejected + blank + duplicates.
-- Grain: one row per path and content offered.
--
-- source_id: names the source
-- path: path as given when the content was first offered
-- sha256: SHA-256 of the decompressed bytes that were read
-- format: reader that understood it, found by content
-- compression: none, gzip or zstd, found by content
-- status: loaded, grown (a loaded source with new lines), growing (its last line is not finished and left
--   unread), already loaded, empty, ignored or refused
-- reason: why it was refused or ignored, or which source it repeats
-- lines: lines read (OTLP: log records; an unreadable OTLP line counts as one)
-- events: lines that became an event
-- rejected: lines that could not become an event; see view rejected_lines
-- blank: lines of white space
-- duplicates: readable lines that were loaded before
-- erased: lines that forget or prune took away, or kept from coming back; they are in none of the other counts
-- first_event_at: earliest event, UTC
-- last_event_at: latest event, UTC
-- grown_from: source_id of the loaded source whose content is the beginning of this one
-- content_bytes: decompressed bytes read (an unread tail is not counted)
-- file_bytes: size on disk when read
-- run_no: ingest run that read it; see view ingest_runs
-- offered_at: when it was last offered, UTC
select
    's' || s.source_no as source_id,
    s.path,
    s.sha256,
    s.format,
    s.compression,
    s.status,
    s.reason,
    s.lines,
    s.events,
    s.rejected,
    s.blank,
    s.duplicates,
    s.erased,
    s.first_event_at,
    s.last_event_at,
    's' || s.grown_from as grown_from,
    s.content_bytes,
    s.file_bytes,
    s.run_no,
    s.offered_at
from store.source as s
