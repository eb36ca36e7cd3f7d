-- How often the database has come to say something new.
select max(value::bigint) from store.meta where key = 'content_no'
