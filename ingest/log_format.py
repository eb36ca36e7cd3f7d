"""Access-log templates of nginx and Apache as regular expressions.

Owns: turning the server's own template string into one pattern and the names of its groups.
See https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format and
https://httpd.apache.org/docs/current/mod/mod_log_config.html#formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
}
TIMES = {"time_local", "time_iso8601", "msec", "%t"}
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
    variables = [(m, name) for m, name in _variables(template) if name != "%%"]
    for (match, name), following in zip_longest(variables, variables[1:]):
        literal = template[previous : match.start()]
        after = template[match.end() : match.end() + 1]
        pattern += re.escape(literal.replace("%%", "%") if is_apache(template) else literal)
        previous = match.end()
        taken = name in asked and name not in names
        if following is not None and following[0].start() == match.end():
            other = following[1]
            if taken or other in asked:
                raise ValueError(
                    f"nothing between {_shown(name)} and {_shown(other)} tells where one ends"
                )
            continue  # both in one, as the second
        group = f"({_shape(name, after)})" if taken else f"(?:{_shape(name, after)})"
        pattern += rf"\[{group}\]" if name == "%t" else group  # Apache's time has its brackets
        names += [name] if taken else []
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


def _variables(template: str) -> list[tuple[re.Match[str], str]]:
    if not is_apache(template):
        return [(m, m[1] or m[2]) for m in _NGINX.finditer(template)]
    return [(m, _directive(m)) for m in _APACHE.finditer(template)]


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
        listed = r"(?:(?:,| :) [^ ]+)*" if name.startswith("upstream_") and after else ""
        return f"[^ ]+{listed}" if listed else "[^ ]*"
    return f"[^{re.escape(after)}]*"
