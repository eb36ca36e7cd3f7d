-- Whether something changes in an operation that may continue outside the window.
select count(*) > 0 from chain_number where is_cut and is_touched
