delete from store.event where source_no in (select unnest($source_nos::integer[]))
