"""Error bodies: the five envelopes, and the extra fields each code brings along.

Owns the shape of an honest answer. `violations` bends a draft before it is wrapped here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

from chertlog.ingest.simulate import catalogue, traffic
from chertlog.ingest.simulate.model import Operation

Field = str | int | bool | list[str]

ATTACHMENT_ENTRIES = 3


@dataclass(slots=True)
class Draft:
    """An error answer before it is sealed: everything a violation may still change."""

    surface: str
    route: str
    code: int
    http_status: int  # on the wire
    body_status: int
    envelope: str
    fields: dict[str, Field]
    trace_id: str
    body_trace_id: str | None
    header_trace_id: str | None
    header_retry_after: int | None = None
    success: bool = False


def draft(operation: Operation, code: int, trace_id: str, retry_after: int, rng: Random) -> Draft:
    """The answer the reference asks for."""
    route = operation.caller.route
    known = catalogue.CODES[code]
    status = known.statuses[len(route.template) % len(known.statuses)]
    message = known.messages[int(rng.random() * len(known.messages))]
    fields: dict[str, Field] = {
        "code": code,
        "message": message.replace("{to}", operation.to),
        "retryable": traffic.OVERRIDES.get((route.template, code), known.retryable),
    }
    header = None
    if retry_after:
        fields["retry_after"] = header = retry_after
    if code in catalogue.INDEXED_CODES and route.template != "/api/v1/attachments":
        fields["attachment_index"] = int(rng.random() * ATTACHMENT_ENTRIES)
    elif code == 4098:
        fields["allowed_effects"] = list(catalogue.ALLOWED_EFFECTS)
    elif code == 4001 and route.envelope == "send_flat":
        reasons = catalogue.REASONS_4001
        fields["reason"] = reasons[int(rng.random() * len(reasons))]
    if route.surface == "hubspot" and code not in catalogue.KEEPS_STATUS_ON_HUBSPOT:
        status = 200
    return Draft(
        surface=route.surface,
        route=route.template,
        code=code,
        http_status=status,
        body_status=status,
        envelope=route.envelope,
        fields=fields,
        trace_id=trace_id,
        body_trace_id=trace_id,
        header_trace_id=trace_id,
        header_retry_after=header,
    )


def wrap(answer: Draft) -> str:
    """The body as JSON text, in the envelope of the draft."""
    trace = {} if answer.body_trace_id is None else {"trace_id": answer.body_trace_id}
    body: dict[str, object]
    if answer.envelope == "standard":
        error = {"status": answer.body_status, **answer.fields}
        body = {"success": answer.success, "error": error, **trace}
    elif answer.envelope == "send_flat":
        failed = {"status": "failed"} if 3000 <= answer.code < 5000 else {}
        body = {**failed, **answer.fields, **trace}
    elif answer.envelope == "hubspot_workflow":
        body = {"outputFields": {"ok": answer.success, **answer.fields, **trace}}
    else:
        body = {"ok": answer.success, **answer.fields, **trace}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)
