-- Whether anything has to be kept out, and the day before which everything was pruned.
select
    (select count(*) > 0 from store.tombstone) as has_tombstones,
    (select max(m.value) from store.meta as m where m.key = 'pruned_before') as pruned_before
