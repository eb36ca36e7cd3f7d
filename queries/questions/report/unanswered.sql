-- Requests of a window of which no log holds an answer.
-- Grain: one row.
select count(*) as requests
from unanswered_requests as u
where u.first_at >= $since and u.first_at < $until
