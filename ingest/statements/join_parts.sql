-- Parts of one message, put together: those of one stream up to the first that is none. What is still open
-- at the end of a piece of a file keeps `part`, and goes on with the next piece.
with numbered as (
    select
        *,
        coalesce(sum(case when part then 0 else 1 end) over (
            partition by stream order by line_number, record_number
            rows between unbounded preceding and 1 preceding
        ), 0) as message_number
    from peeled
)
select
    min(file_no) as file_no,
    min(line_number) as line_number,
    min(byte_offset) as byte_offset,
    string_agg(line, $glue order by line_number, record_number) as line,
    min(flaw) as flaw,
    min(record_number) as record_number,
    arg_min(wrapped_at, line_number) as wrapped_at,
    arg_min(wrapped_host, line_number) as wrapped_host,
    arg_min(wrapped_service, line_number) as wrapped_service,
    arg_min(wrapped_level, line_number) as wrapped_level,
    bool_or(unfinished) as unfinished,
    stream,
    bool_and(part) as part
from numbered
group by stream, message_number
order by line_number
