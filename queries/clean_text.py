"""Makes text from logs harmless where people read it: terminal, CSV, Markdown, HTML.

Owns the one answer to "what may a log line do to its reader": nothing. Whatever prints text that
somebody else wrote passes it through here. Wording and layout are the callers' business.
"""

import csv
import html
import io
import re

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor
    # Titles, links, clipboard. Without its end only the beginning goes: an unfinished sequence
    # must not swallow the rest of the message.
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
# C0 and C1 controls; marks that reorder what one reads; separators that end a line for some.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff"
    "\ud800-\udfff]"
)
_C1_OR_MARK = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|inf|nan)")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def clean(text: object) -> str:
    """The text without escape sequences and control characters; its lines stay lines."""
    lines = str(text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return _CONTROL.sub("", _ESCAPE_SEQUENCE.sub("", lines))


def clean_line(text: object) -> str:
    """The text on one line, without control characters."""
    return " ".join(clean(text).split())


def safe_json(text: str) -> str:
    """JSON in which nothing can steer a terminal: it means the same, written with escapes."""
    return _C1_OR_MARK.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def safe_csv(text: str) -> str:
    """CSV that no spreadsheet takes for formulas: a ' goes before cells that look like one."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    for row in csv.reader(io.StringIO(text, newline="")):
        writer.writerow([_safe_cell(cell) for cell in row])
    return file.getvalue()


def _safe_cell(cell: str) -> str:
    # Judged before and after cleaning: a control character may hide what follows it.
    if cell.startswith(_FORMULA_STARTS) and not _is_number(cell):
        return "'" + _visible(cell)
    shown = _visible(cell)
    if shown.startswith(_FORMULA_STARTS) and not _is_number(shown):
        return "'" + shown
    return shown


def _is_number(cell: str) -> bool:
    # A leading + is no number of ours, but a telephone number's beginning, or worse.
    return not cell.startswith("+") and _NUMBER.fullmatch(cell) is not None


def _visible(cell: str) -> str:
    return _CONTROL.sub("", _ESCAPE_SEQUENCE.sub("", cell))


def markdown_code(text: object) -> str:
    """Log text for Markdown, table cells included: a code span, in which nothing has a meaning."""
    shown = clean_line(text).replace("`", "'").replace("|", r"\|")
    # A backslash of its own before a pipe would set the pipe free again.
    shown = shown.replace(r"\\|", r"\ \|")
    return f"`{shown}`" if shown else "–"


def markdown_text(text: object) -> str:
    """Words of ours for Markdown: what would be markup is shown as it is."""
    return re.sub(r"([\\`*_\[\]<>|~#])", r"\\\1", clean_line(text))


def html_text(text: object) -> str:
    """Any text for HTML, in elements and in quoted attributes."""
    return html.escape(clean_line(text), quote=True)
