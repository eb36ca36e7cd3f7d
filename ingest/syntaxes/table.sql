-- One record a line, its cells in the order that the header of the file names. The header and lines that
-- begin with # are no records; they count as blank. Cells that a later version appended are not read; as many as
-- a second row brings are one, glued to the first.
select
    split.*,
    case
        when split.flaw is not null then null
        when split.p is null then 'blank'
        when len(split.p) not between {columns} and greatest(2 * {columns} - 2, {columns}) or not {whole} then 'syntax'
    end as fault
from (
    select
        given.*,
        case when not is_blank(row) and not starts_with(row, '#') and row <> {header} then
            {cells}
        end as p
    from (select *, case when flaw is null then without_cr(line) end as row from peeled) as given
) as split
