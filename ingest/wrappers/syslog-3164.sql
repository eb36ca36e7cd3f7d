-- syslog as RFC 3164 has it, and as rsyslog writes it to files: time (old style without a year, or ISO),
-- host, tag, message. The year is that in which the time is at most a day later than the file. An ISO time alone could be
-- anybody's: it takes a process number behind the tag, or JSON (host has no capitals alone, as a level has).
-- Tried: 8
-- Looks like: ^(?:<[0-9]{1,3}>)?[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [^ ]+ [^ :\[]+(?:\[[^ \]]*\])?: |^(?:<[0-9]{1,3}>)?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\S* [^ ]+ [^ :\[]+\[[0-9]+\]: |^(?:<[0-9]{1,3}>)?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\S* [^ ]*[a-z0-9][^ ]* [^ :\[]+: \{
with read as (
    select
        *,
        case when flaw is null then
            regexp_extract(
                without_cr(line),
                '^(?:<([0-9]{1,3})>)?([A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\S*) '
                || '([^ ]+) ([^ :\[]+)(?:\[[^ \]]*\])?: ?(.*)$',
                ['priority', 'at', 'host', 'tag', 'message']
            )
        end as w
    from lines
)
select
    * exclude (w) replace (
        case when w.at <> '' then w.message else line end as line,
        case when flaw is null and w.at = '' and not is_blank(line) then 'wrapper' else flaw end as flaw,
        case
            when coalesce(w.at, '') = '' then wrapped_at
            when starts_with(w.at, '2') or starts_with(w.at, '1') then w.at
            else with_year(w.at, getvariable('file_at'))
        end as wrapped_at,
        coalesce(nullif(w.host, ''), wrapped_host) as wrapped_host,
        coalesce(nullif(w.tag, ''), wrapped_service) as wrapped_service,
        coalesce(syslog_level(w.priority), wrapped_level) as wrapped_level
    )
from read
