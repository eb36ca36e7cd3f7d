-- Every file ever offered to `chertlog ingest`, loaded or not.
-- Grain: one row per path and content offered.
--
-- source_no: number of the source in this database, in order of arrival
-- path: path as given when the content was first offered
-- sha256: SHA-256 of the decompressed bytes that were read
-- head_sha256: SHA-256 of the first line (at most 4096 bytes); two files that differ here cannot hold the same content
-- head_bytes: how many bytes head_sha256 covers
-- content_bytes: decompressed bytes read (an unread tail is not counted)
-- file_bytes: size on disk when read
-- compression: none, gzip or zstd, by content
-- format: name of the reader, by content
-- status: loaded, grown (a loaded source with new lines), growing (its last line is not finished and left unread), already loaded, empty, ignored or refused
-- reason: why a file was refused or ignored, or which source it repeats
-- grown_from: source_no of the loaded source whose content is the beginning of this one
-- lines: lines read (OTLP: log records; an unreadable OTLP line counts as one)
-- physical_lines: lines of the file, which differ from lines where a line holds many records; from tail_offset on one
-- tail_offset: byte offset of a last line that was read without its newline, or of a wrapped message without its end; NULL if there was none
-- tail_lines: lines (of a wrapped file messages) from tail_offset on, which a longer copy reads again; NULL if there was none
-- events: lines that became an event
-- rejected: lines that could not become an event
-- blank: lines of white space
-- duplicates: readable lines that were loaded before
-- erased: lines that forget or prune took away, or kept from coming back; they are in none of the other counts
-- first_event_at: earliest event time, UTC
-- last_event_at: latest event time, UTC
-- run_no: ingest run that read it
-- offered_at: when it was last offered, UTC
create table store.source (
    source_no integer not null,
    path varchar not null,
    sha256 varchar,
    head_sha256 varchar,
    head_bytes integer,
    content_bytes bigint,
    file_bytes bigint,
    compression varchar,
    format varchar,
    status varchar not null,
    reason varchar,
    grown_from integer,
    lines bigint not null,
    physical_lines bigint,
    tail_offset bigint,
    tail_lines bigint,
    events bigint not null,
    rejected bigint not null,
    blank bigint not null,
    duplicates bigint not null,
    erased bigint not null,
    first_event_at timestamp,
    last_event_at timestamp,
    run_no integer not null,
    offered_at timestamp not null
);
