delete from store.meta where key = $key
