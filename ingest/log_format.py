"""nginx log_format templates as regular expressions.

Owns: turning the server's own template string into one pattern and the names of its groups.
See https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

# Variables that the reader's SQL asks for; those a template lacks become empty groups.
WANTED = (
    "remote_addr",
    "time_local",
    "request",
    "status",
    "body_bytes_sent",
    "http_user_agent",
    "sent_http_x_trace_id",
    "request_time",
    "upstream_response_time",
    "sent_http_retry_after",
    "http_x_chert_tenant",
)
SHAPES = {
    "time_local": r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}",
    "status": r"[0-9]{3}|-",
    "request_time": r"[0-9.]+|-",
    "body_bytes_sent": r"[0-9]+|-",
    "remote_addr": r"[0-9A-Fa-f.:]+|unix:|-",
}

# Never hold blanks: at the end of a template that is what tells two lines glued together.
WORDS = ("sent_http_x_trace_id", "sent_http_retry_after", "http_x_chert_tenant", "upstream_status")

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

    def as_sql(self) -> dict[str, str]:
        """Both as SQL literals, for the placeholders of `readers/edge.sql`."""
        names = ", ".join(f"'{name}'" for name in self.names)
        quoted = self.pattern.replace("'", "''")
        return {"edge_pattern": f"'{quoted}'", "edge_names": f"[{names}]"}


def compile_template(template: str) -> Template:
    """Compile a log_format string. Raises ValueError if it names no time or no status, or sets a
    variable that is asked for right beside another one.

    Each variable ends where the text behind it begins, so a line is matched in one pass. Two side
    by side would be tried in every division, which takes years for a long line that nearly fits.
    """
    pattern, names, previous = "^", [], 0
    matches = list(re.finditer(r"\$(?:\{(\w+)\}|(\w+))", template))
    for match, following in zip_longest(matches, matches[1:]):
        literal, name = template[previous : match.start()], match[1] or match[2]
        after = template[match.end() : match.end() + 1]
        pattern += re.escape(literal)
        previous = match.end()
        wanted = name in WANTED and name not in names
        if following is not None and following.start() == match.end():
            other = following[1] or following[2]
            if wanted or other in WANTED:
                raise ValueError(f"nothing between ${name} and ${other} tells where one ends")
            continue  # both in one, as the second
        pattern += f"({_shape(name, after)})" if wanted else f"(?:{_shape(name, after)})"
        names += [name] if wanted else []
    if "time_local" not in names or "status" not in names:
        raise ValueError("the template has no $time_local or no $status")
    missing = [name for name in WANTED if name not in names]
    pattern += re.escape(template[previous:]) + "()" * len(missing) + "$"
    return Template(pattern, (*names, *missing))


def _shape(name: str, after: str) -> str:
    """What a variable may hold: up to the character that follows it in the template."""
    if name in SHAPES:
        return SHAPES[name]
    if after == '"':
        return r'[^"]*'
    if after == "" and name not in WORDS:
        return ".*"
    if after in ("", " "):
        return r'[^\["]*' if name == "remote_user" else "[^ ]*"
    return f"[^{re.escape(after)}]*"
