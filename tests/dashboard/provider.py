"""An OpenID Connect provider on this machine that lets everybody in as whoever it is told to be."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT = "chertlog"


class Provider:
    """Answers what Authlib asks; `email` is whom it says the browser belongs to."""

    def __init__(self) -> None:
        self.email, self.verified = "ops@example.com", True
        self._key = RSAKey.generate_key(2048, {"kid": "1"})
        self._nonces: dict[str, str] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._get(self)

            def do_POST(self) -> None:
                provider._post(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        asked = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if asked.path == "/.well-known/openid-configuration":
            _answer(
                request,
                {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/keys",
                    "id_token_signing_alg_values_supported": ["RS256"],
                },
            )
        elif asked.path == "/keys":
            _answer(request, KeySet([self._key]).as_dict(private=False))
        elif asked.path == "/authorize":
            self._nonces["code"] = query.get("nonce", "")
            back = urlencode({"code": "code", "state": query["state"]})
            request.send_response(302)
            request.send_header("Location", f"{query['redirect_uri']}?{back}")
            request.end_headers()
        else:
            request.send_error(404)

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers["Content-Length"]))
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": self.email,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": self._nonces["code"],
            "email": self.email,
            "email_verified": self.verified,
        }
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self._key)
        _answer(request, {"access_token": "x", "token_type": "Bearer", "id_token": token})


def _answer(request: BaseHTTPRequestHandler, body: Any) -> None:
    request.send_response(200)
    request.send_header("Content-Type", "application/json")
    request.end_headers()
    request.wfile.write(json.dumps(body).encode())
