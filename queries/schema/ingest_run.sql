-- History of ingest runs.
-- Grain: one row per run that changed the database or looked at files.
--
-- run_no: number of the run
-- started_at: start, UTC
-- finished_at: end of loading, UTC
-- tool_version: version of chertlog
-- files: files offered
-- loaded: files of which lines were loaded
-- refused: files refused
-- lines: lines read
-- events: lines that became an event
-- rejected: lines that could not become an event
-- blank: lines of white space
-- duplicates: readable lines that were loaded before
create table store.ingest_run (
    run_no integer not null,
    started_at timestamp not null,
    finished_at timestamp not null,
    tool_version varchar not null,
    files bigint not null,
    loaded bigint not null,
    refused bigint not null,
    lines bigint not null,
    events bigint not null,
    rejected bigint not null,
    blank bigint not null,
    duplicates bigint not null
);
