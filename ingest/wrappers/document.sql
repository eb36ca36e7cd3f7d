-- JSON laid out over several lines: documents one after the other, or one list of them. A document ends
-- where a line closes what the first line of it opened, at the same depth.
-- Tried: 1
-- Looks like: ^\s*[\[{]\s*$
select
    * replace (
        'document' as stream,
        not regexp_full_match(line, getvariable('document_end')) as part
    )
from lines
