-- JSON laid out over several lines: documents one after the other, or one list of them. A document ends
-- where a line closes what the first line of it opened, at the same depth. Without indentation braces are
-- counted: what follows a document that was cut is then one broken document with it.
-- Tried: 1
-- Looks like: ^\s*[\[{]\s*$
select * replace ('document' as stream)
from lines
