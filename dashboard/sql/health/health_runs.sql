-- Ingest runs, latest first. Grain: one row per run.
select
    i.*,
    epoch(i.finished_at) - epoch(i.started_at) as took_s
from ingest_runs as i
order by i.run_no desc
limit 200
