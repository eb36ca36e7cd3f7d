"""Access-log templates of nginx and Apache as regular expressions.

Owns: turning the server's own template string into one pattern and the names of its groups.
See https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format and
https://httpd.apache.org/docs/current/mod/mod_log_config.html#formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

WHOLE = "whole"  # the group around everything: it tells a match from none
QUOTED = r'(?:[^"\\]|\\.)*'  # Apache writes \" inside quotes, nginx \x22
CLOCK = r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}"
COUNT = r"[0-9]*|-"  # absent: - in text, nothing with escape=json
SHAPES = {
    "time_local": CLOCK,
    "time_iso8601": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[+-][0-9]{2}:[0-9]{2}",
    "msec": r"[0-9]+\.[0-9]+",
    "status": r"[0-9]{3}|-",
    "request_time": r"[0-9.]*|-",
    "body_bytes_sent": COUNT,
    "bytes_sent": COUNT,
    "remote_addr": r"[0-9A-Fa-f.:]+|unix:|-",
    # Apache, by the letter of its directive
    "%t": CLOCK,
    "%h": r"[0-9A-Za-z:][^ ]*",
    "%s": r"[0-9]{3}|-",
    "%b": COUNT,
    "%B": COUNT,
    "%O": COUNT,
    "%D": COUNT,
    "%T": r"[0-9.]+|-",
    "%{s}T": r"[0-9]+|-",
    "%{ms}T": r"[0-9]+|-",
    "%{us}T": r"[0-9]+|-",
    "is_args": r"\??",
}
TIMES = {"time_local", "time_iso8601", "msec", "%t", "%{}t"}
# What some begin with: one right before them ends there. Others have a shape that tells their end.
BEGINS = {"request_uri": "/", "uri": "/", "is_args": "?", "%U": "/", "%q": "?"}
FIXED = {"time_local", "time_iso8601", "status", "is_args", "%t", "%s"}
# The parts of strftime; what is not among them is a word.
STRFTIME = {
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "m": "[0-9]{2}", "d": "[0-9]{2}", "e": "[ 0-9][0-9]",
    "H": "[0-9]{2}", "M": "[0-9]{2}", "S": "[0-9]{2}", "T": "[0-9:]{8}", "F": "[0-9-]{10}",
    "b": "[A-Za-z]{3}", "a": "[A-Za-z]{3}", "z": "[+-][0-9]{4}", "Z": "[A-Za-z]+", "%": "%",
}  # fmt: skip
_OWN_TIME = re.compile(r"%\{(?:begin:|end:)?([^}]*)\}t")
NUMBERS = {
    "sec": "[0-9]+", "msec": "[0-9]+", "usec": "[0-9]+",
    "msec_frac": "[0-9]{3}", "usec_frac": "[0-9]{6}",
}  # fmt: skip
STATUSES = {"status", "%s"}

# Never hold blanks: at the end of a template that is what tells two lines glued together.
WORDS = (
    "sent_http_x_trace_id",
    "sent_http_retry_after",
    "http_x_chert_tenant",
    "upstream_status",
    "request_id",
    "req_id",
    "%{x-trace-id}o",
)
USER_NAMES = ("remote_user", "%u")  # may hold blanks; a quote or bracket begins the next field

CHERT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" trace_id=$sent_http_x_trace_id rt=$request_time '
    'urt="$upstream_response_time" uaddr="$upstream_addr" '
    "retry_after=$sent_http_retry_after tenant=$http_x_chert_tenant"
)
COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent"'
)
SHIPPED = (f"log_format chert '{CHERT}'", f"log_format combined '{COMBINED}'")

_NGINX = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_APACHE = re.compile(r"%[!0-9,]*([<>]?)(?:\{([^}]*)\})?(\^?[a-zA-Z]{1,3}|%)")


@dataclass(frozen=True)
class Template:
    """A compiled template: `pattern` matches a whole line, `names` has one name a group."""

    pattern: str
    names: tuple[str, ...]

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def matches(self, line: str) -> bool:
        return self._regex.match(line) is not None


def is_apache(template: str) -> bool:
    """Whether a template is Apache's (`%h %>s …`) and not nginx's (`$remote_addr $status …`)."""
    return "$" not in template and "%" in template


def compile_template(template: str, wanted: Iterable[str] = ()) -> Template:
    """Compile the log_format of nginx or the LogFormat of Apache; `wanted` variables get groups.

    Apache's directives are named `%s`, `%D`, `%{user-agent}i`. Raises ValueError if the template
    names no time or no status, or sets a variable that is asked for right beside another one.

    Each variable ends where the text behind it begins, so a line is matched in one pass. Two side
    by side would be tried in every division, which takes years for a long line that nearly fits.
    """
    asked = frozenset(wanted) | TIMES | STATUSES
    pattern, names, previous = "", [WHOLE], 0
    variables = [one for one in _variables(template) if one.name != "%%"]
    for one, following in zip_longest(variables, variables[1:]):
        literal = template[previous : one.start]
        after = template[one.end : one.end + 1]
        pattern += re.escape(literal.replace("%%", "%") if is_apache(template) else literal)
        previous = one.end
        taken = one.name in asked and one.name not in names
        shape = one.shape or _shape(one.name, after)
        if following is not None and following.start == one.end and one.name not in FIXED:
            if following.name in BEGINS:
                shape = f"[^ {BEGINS[following.name]}]*"
            elif taken or following.name in asked:
                raise ValueError(
                    f"nothing between {_shown(one.name)} and {_shown(following.name)} tells where "
                    "one ends"
                )
            else:
                continue  # both in one, as the second
        group = f"({shape})" if taken else f"(?:{shape})"
        pattern += rf"\[{group}\]" if one.name == "%t" else group  # Apache's has its brackets
        names += [one.name] if taken else []
    if not TIMES & set(names) or not STATUSES & set(names):
        raise ValueError("the template has no $time_local or no $status (Apache: %t, %>s)")
    return Template(f"^({pattern}{re.escape(template[previous:])})$", tuple(names))


def named_templates(templates: Sequence[str]) -> dict[str, str]:
    """Name templates given as `log_format NAME '…'`, `LogFormat "…" NAME` or as the bare string."""
    named: dict[str, str] = {}
    for number, template in enumerate(templates, 1):
        nginx = re.match(r"\s*log_format\s+(\S+)\s+(?:escape=\w+\s+)?(.*?);?\s*$", template, re.S)
        apache = re.match(r'\s*LogFormat\s+"((?:[^"\\]|\\.)*)"(?:\s+(\S+))?\s*$', template)
        if nginx:
            parts = re.findall(r"'((?:[^'\\]|\\.)*)'", nginx[2])
            named[nginx[1]] = "".join(parts) or nginx[2]
        elif apache:
            named[apache[2] or f"custom{number}"] = apache[1].replace('\\"', '"')
        else:
            named[f"custom{number}"] = template
    return named


@dataclass(frozen=True)
class _Variable:
    start: int
    end: int
    name: str
    shape: str = ""  # if it has one of its own


def _variables(template: str) -> Iterator[_Variable]:
    if not is_apache(template):
        for match in _NGINX.finditer(template):
            yield _Variable(match.start(), match.end(), match[1] or match[2])
        return
    end = 0
    while found := _APACHE.search(template, end):
        if _OWN_TIME.match(template, found.start()):
            one = _own_time(template, found.start())
        else:
            one = _Variable(found.start(), found.end(), _directive(found))
        yield one
        end = one.end


def _own_time(template: str, start: int) -> _Variable:
    """A time of Apache's in a form of its own, from one part or several."""
    shape, end = "", start
    while part := _OWN_TIME.match(template, end):
        shape += NUMBERS.get(part[1]) or re.sub(
            "%(.)|([^%]+)",
            lambda found: re.escape(found[2]) if found[2] else STRFTIME.get(found[1], "[^ ]+"),
            part[1],
        )
        end = part.end()
        # More of the same time behind a dot, a comma or a blank.
        if template[end : end + 1] in (".", ",", " ") and _OWN_TIME.match(template, end + 1):
            shape += re.escape(template[end])
            end += 1
    return _Variable(start, end, "%{}t", shape)


def _directive(match: re.Match[str]) -> str:
    """The name of an Apache directive: `%>s` is `%s`, of `%<s` the first status is meant."""
    first, argument, letters = match.groups()
    braces = f"{{{argument.lower()}}}" if argument is not None else ""
    return f"%{'<' if first == '<' else ''}{braces}{letters}"


def _shown(name: str) -> str:
    return name if name.startswith("%") else f"${name}"


def _shape(name: str, after: str) -> str:
    """What a variable may hold: up to the character that follows it in the template."""
    if name in SHAPES:
        return SHAPES[name]
    if after == '"':
        return QUOTED
    if after == "" and name not in WORDS:
        return ".*"
    if after in ("", " "):
        if name in USER_NAMES:
            return r'[^\["]*'
        # Of several upstreams nginx writes a list: "0.001, 0.002", or with " : " on a redirect.
        is_list = name.startswith("upstream_") and after
        return r"[^ ,]+(?:(?:,| :) [^ ,]+)*" if is_list else "[^ ]*"
    if name.startswith("upstream_") and after == ",":
        return r"[^ ,]*(?:(?:,| :) [^ ,]+)*"
    return f"[^{re.escape(after)}]*"
