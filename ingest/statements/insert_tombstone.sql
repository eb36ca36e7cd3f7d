-- A person or tenant that is forgotten from now on.
insert into store.tombstone
select $kind as kind, $hash::ubigint as hash, null as from_at, $until_at::timestamp as until_at
