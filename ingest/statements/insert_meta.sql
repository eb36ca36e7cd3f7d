-- A fact about the database.
insert into store.meta select $key, $value where $value is not null
