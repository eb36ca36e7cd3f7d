-- Lines that could not become an event, of the files behind a window, with one of each kind to look at.
-- Grain: one row per reason.
with

files as (
    select s.source_id
    from sources as s
    where
        (s.last_event_at >= $since and s.first_event_at < $until)
        or (s.last_event_at is null and s.run_no = (select max(i.run_no) from ingest_runs as i))
)

select
    l.reason,
    count(*) as lines,
    count(distinct l.source_id) as files,
    arg_min(l.path, (l.source_id, l.line_number)) as example_path,
    arg_min(l.line_number, (l.source_id, l.line_number)) as example_line,
    arg_min(l.excerpt, (l.source_id, l.line_number)) as example
from rejected_lines as l
inner join files as f on l.source_id = f.source_id
group by all
order by lines desc, l.reason
