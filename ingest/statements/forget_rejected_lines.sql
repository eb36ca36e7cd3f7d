delete from store.rejected_line where source_no in (select unnest($source_nos::integer[]))
