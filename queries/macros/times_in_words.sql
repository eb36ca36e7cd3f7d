-- How often, for a sentence: once, twice, 3 times.
-- Parameters: n
case n when 1 then 'once' when 2 then 'twice' else format('{:,} times', n::bigint) end
