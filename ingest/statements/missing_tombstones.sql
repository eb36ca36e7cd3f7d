-- Of the persons and tenants that the file of the forgotten names, those that the database does not.
select f.kind, f.hash, f.until_at
from (
    select unnest($kinds::varchar[]) as kind, unnest($hashes::ubigint[]) as hash, unnest($untils::timestamp[]) as until_at
) as f
where not exists (
    select 1
    from store.tombstone as t
    where t.kind = f.kind and t.hash = f.hash and t.until_at >= f.until_at
)
