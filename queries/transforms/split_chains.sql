-- Those first attempts start operations of their own from now on.
update chain_member set starts = true where response_id in (select unnest($response_ids::ubigint[]))
