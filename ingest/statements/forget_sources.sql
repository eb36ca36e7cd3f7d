delete from store.source where source_no in (select unnest($source_nos::integer[]))
