-- One storm, whatever the period. Grain: one row, or none if there is no such storm. Parameters: storm
select * from kept.retry_storms
where storm_id = $storm
