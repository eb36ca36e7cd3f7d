-- A fact about the database, new or changed.
merge into store.meta as m
using (select $key as key, $value as value) as n on m.key = n.key
when matched then update set value = n.value
when not matched then insert (key, value) values (n.key, n.value)
