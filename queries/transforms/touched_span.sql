-- From the first touched hour to the end of the last.
select min(t.hour), max(t.hour) + interval 1 hour from touched_hour as t
