-- Operations that are about to be written anew.
delete from store.operation
where operation_id in (
    select n.old_operation_id from chain_number as n where not n.is_cut or n.is_touched
    union all
    select n.operation_id from chain_number as n where not n.is_cut or n.is_touched
    union all
    select p.operation_id from replaced_response as p
)
