"""Makes new operations: who wants what sent to whom, and whether it is doomed.

Owns the content of requests (paths, recipients, texts, keys, hashes). Numbers are fictional
ones, texts are templates; no person or company occurs in them.
"""

from __future__ import annotations

from bisect import bisect
from hashlib import sha256
from random import Random

from chertlog.ingest.simulate import traffic
from chertlog.ingest.simulate.clients import SENDS_KEY
from chertlog.ingest.simulate.model import Caller, Operation, Planned
from chertlog.ingest.simulate.roster import RECIPIENTS

# Already escaped for JSON. {n} is a number, {to} a phone number.
TEXTS = (
    "Your order {n} has shipped",
    "Your code is {n}",
    "Reminder: your appointment {n} is tomorrow at 09:30",
    "Thanks! Ticket {n} is closed. Questions? Call {to}",
    "¡Gracias! Tu pedido {n} está listo ✅",
    'He said \\"ok\\" about invoice {n}\\nPlease confirm',
    "Line one of {n}\u2028line two",
    "Table for 2 on the {n}th? Reply Y or N \\\\ STOP to end",
)


def body_hash(tenant_id: str, path: str, body: str) -> str:
    return sha256(f"{tenant_id}\n{path}\n{body}".encode()).hexdigest()[:16]


def new_key(rng: Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Operations:
    """Numbers operations and fills them in."""

    def __init__(self, rng: Random, planned: Planned) -> None:
        self._rng = rng
        self._planned = planned
        self._count = 0
        self._last_sent: dict[str, Operation] = {}  # by tenant: to be said again

    def new(self, caller: Caller) -> Operation:
        rng = self._rng
        random = rng.random
        self._count += 1
        number = self._count
        route = caller.route
        path = route.template
        if path[-1] == "}" or path.endswith("messages"):
            chat = f"c_{rng.getrandbits(32):08x}"
            path = path.replace("{chat_id}", chat).replace("{message_id}", "m" + chat[1:])
        to = RECIPIENTS[int(random() * len(RECIPIENTS))]
        text = key = None
        if route.sends:
            text = TEXTS[int(random() * len(TEXTS))]
            text = text.replace("{n}", str(1000 + number)).replace("{to}", to)
            if route.takes_key and caller.manner in SENDS_KEY:
                key = new_key(rng)
            if random() < traffic.SAME_AGAIN_SHARE:
                path, to, text = self._again(caller, path, to, text)
        elif route.method == "POST":
            text = str(number)
        digest = body_hash(caller.tenant.tenant_id, path, f"{to}{text}" if text else "")
        doomed_to = None
        if (draw := random()) < caller.doom_share:
            doomed_to = caller.doom[bisect(caller.doom, (draw, 0))][1]
        service = traffic.DELIVERY_SERVICES[int(random() * len(traffic.DELIVERY_SERVICES))]
        operation = Operation(number, caller, path, digest, to, text or "", key, service, doomed_to)
        if route.sends:
            self._last_sent[caller.tenant.tenant_id] = operation
        return operation

    def _again(self, caller: Caller, path: str, to: str, text: str) -> tuple[str, str, str]:
        """The same words to the same person a second time, meant: a new operation."""
        last = self._last_sent.get(caller.tenant.tenant_id)
        if last is None or last.caller is not caller:
            return path, to, text
        self._planned.said_again.append((self._count, last.number))
        return last.path, last.to, last.text


class TraceIds:
    """Opaque ids that never repeat by accident: a counter through a bijective mix."""

    def __init__(self, seed: int) -> None:
        self._count = seed * 1_000_003
        self._long_offset = seed * 0x9E3779B97F4A

    def next(self, short: bool) -> str:
        self._count += 1
        if short:
            n = self._count * 0x9E3779B1 & 0xFFFFFFFF
            n = (n ^ n >> 15) * 0x85EBCA6B & 0xFFFFFFFF
            return f"{n ^ n >> 13:08x}"
        n = self._count * 0x5851F42D4C95 + self._long_offset & 0xFFFFFFFFFFFF
        n = (n ^ n >> 23) * 0xD6E8FEB86659 & 0xFFFFFFFFFFFF
        return f"{n ^ n >> 21:012x}"
