"""What the server refuses, and what it tells browsers to refuse: ASGI middleware.

Log text is shown by the million; should any of it ever become markup, the browser may still load
nothing from elsewhere, and no other site may frame the page.
"""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from chertlog.dashboard import metrics

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        # Streamlit boots from inline scripts; Vega, which it may load, compiles expressions.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "object-src 'none'",
        "base-uri 'self'",
    ]
)
HEADERS = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
# Session counts, file uploads and an agent's door: the dashboard uses none of them.
CLOSED = ("/_stcore/metrics", "/_stcore/upload_file", "/_stcore/agent")


# "Policy violation"; before the handshake the server answers 403 instead.
_REFUSED = {"type": "websocket.close", "code": 1008}


class Guard:
    """Adds the headers to every answer; refuses strange names and the closed endpoints.

    Strange is a name that nobody allowed, in a Host header or as the origin of a WebSocket.
    """

    def __init__(self, app: App, hosts: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if self._hosts and not self._is_from_us(scope):
                await receive()
                await send(_REFUSED)
                return
            with metrics.session():
                await self._app(_with_port(scope), receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in HEADERS}
                kept = [(k, v) for k, v in message.get("headers", []) if k.lower() not in own]
                message["headers"] = [*kept, *HEADERS]
            await send(message)

        if refused := self._refusal(scope):
            status, text = refused
            await guarded({"type": "http.response.start", "status": status, "headers": []})
            await guarded({"type": "http.response.body", "body": text})
            return
        await self._app(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> tuple[int, bytes] | None:
        # A page elsewhere may give its own name our address (DNS rebinding).
        if self._hosts and _name(_header(scope, b"host")) not in self._hosts:
            return 400, b"unknown host name; start the dashboard with CHERTLOG_ALLOW_HOSTS=NAME\n"
        # Below a base path the endpoint is the end of the path, hence `in`.
        if any(closed in scope["path"] for closed in CLOSED):
            return 404, b"not found\n"
        return None

    def _is_from_us(self, scope: Scope) -> bool:
        """Whether a WebSocket comes from a page of ours, or from no page at all.

        Asked here and not left to Streamlit, which for an origin that it does not know asks a
        server on the internet for its own address.
        """
        origin = _header(scope, b"origin")
        host = _name(_header(scope, b"host"))
        return host in self._hosts and (not origin or _origin_name(origin) in self._hosts)


def _with_port(scope: Scope) -> Scope:
    """The scope with the port of the origin in the Host header.

    Proxies often leave it out, and Streamlit takes one page with and without it for two.
    """
    origin, host = _header(scope, b"origin"), _header(scope, b"host")
    if not origin or not host or _origin_name(origin) != _name(host):
        return scope
    asked = urlsplit(origin).netloc.encode("latin-1")
    headers = [(k, asked if k.lower() == b"host" else v) for k, v in scope["headers"]]
    return {**scope, "headers": headers}


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k.lower() == name), "")


def _origin_name(origin: str) -> str:
    return _name(origin.partition("://")[2])


def _name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
