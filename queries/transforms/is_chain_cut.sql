-- Whether something new belongs to an operation that may continue outside the window.
select count(*) > 0 from chain_number where is_cut and has_fresh
