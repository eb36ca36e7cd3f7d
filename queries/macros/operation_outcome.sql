-- How an operation ended. It is open while an attempt later than the newest data loaded would still
-- belong to it; NULL where only the edge log saw its last answer.
-- Parameters: succeeded, last_retryable, closes_at
case
    when succeeded then 'succeeded'
    when succeeded is null then null
    when closes_at > (
        select m.value::timestamp from store.meta as m where m.key = 'newest_at'
    ) then 'open'
    when last_retryable = false then 'final_error'
    else 'gave_up'
end
