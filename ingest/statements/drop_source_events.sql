-- All that a refused file brought.
delete from store.event where source_no = $source_no
