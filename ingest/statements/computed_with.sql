-- What the stored responses, operations and sums were computed with; NULL before the first load.
select value from store.meta where key = 'computed_with'
