-- Facts about the database itself.
-- Grain: one row per key.
--
-- key: schema_version, key_id (which pseudonym key was used), hash_probe (tells whether line hashes are
--   still comparable), newest_at (latest event time), content_no (rises with every committed batch),
--   schema_sha256, views_sha256, seeds_sha256 (which definitions it has), pruned_before (no older event is
--   kept) or compaction_due (erased lines still stand in the bytes of files)
-- value: its value
create table store.meta (
    key varchar not null,
    value varchar not null
);
