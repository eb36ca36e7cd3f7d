-- How long are callers told to wait?
select
    error_code,
    count(*) as errors,
    count(retry_after_s) as told_in_body,
    count(retry_after_header_s) as told_in_header,
    min(retry_after_s) as shortest_s,
    median(retry_after_s) as median_s,
    max(retry_after_s) as longest_s
from responses
where is_error and coalesce(retry_after_s, retry_after_header_s) is not null
group by error_code
order by errors desc, error_code
