-- What was forgotten, so that it does not come back with the next file that holds it. No name, number or
-- trace_id stands here: only keyed hashes, which nobody can undo or join without the key.
-- Grain: one row per person, tenant or trace forgotten.
--
-- kind: recipient (any number that a pseudonym stands for), tenant or trace
-- hash: keyed hash of the pseudonym, of the tenant_id, or of the trace_id and its tenant
-- from_at: earliest event that it is about, UTC; NULL for any
-- until_at: latest event that it is about, UTC: what comes after that is kept
create table store.tombstone (
    kind varchar not null,
    hash ubigint not null,
    from_at timestamp,
    until_at timestamp not null
);
