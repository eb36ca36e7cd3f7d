"""The 38 error codes as the simulated servers answer them: status, default, wording, log line.

Owns what a code looks like when it is sent. How often it is sent, and where, is `traffic`;
how it is wrapped for a surface is `bodies`.
"""

from __future__ import annotations

from dataclasses import dataclass

ALLOWED_EFFECTS = (
    "celebration",
    "balloons",
    "confetti",
    "fireball",
    "heart",
    "laser",
    "lasers",
    "shootingstar",
    "sparkles",
    "spotlight",
)

# Codes for which the reference attaches the index of the attachment at fault.
INDEXED_CODES = frozenset({1011, 5001, 5002, 5003, 5004})

# HubSpot gets HTTP 200 for every failure but these: credentials, signatures and broken JSON.
KEEPS_STATUS_ON_HUBSPOT = frozenset({1004, 2004, 2012, 2013})


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the API reference. `event` is the internal line its requests leave."""

    number: int
    statuses: tuple[int, ...]
    retryable: bool
    event: str
    messages: tuple[str, ...]


def _rejected(number: int, status: int, *messages: str) -> Code:
    return Code(number, (status,), False, "request.rejected", messages)


def _auth(number: int, status: int, *messages: str) -> Code:
    return Code(number, (status,), False, "auth.failed", messages)


# `{to}` in a message becomes the recipient: customers do find phone numbers in error texts.
_ALL = (
    _rejected(1001, 400, "Missing required field: phone", "Missing required field: text"),
    _rejected(1002, 400, "Invalid value for field: parts", "Invalid attachments array"),
    _rejected(1003, 400, "Invalid phone number: {to}", "Invalid phone number, use E.164"),
    _rejected(1004, 400, "Request body is not valid JSON"),
    _rejected(1005, 400, "First message in a new chat cannot contain URLs"),
    _rejected(1006, 400, "Too many parts: 12 (maximum 10)"),
    Code(1007, (429,), True, "ratelimit.rejected", ("Rate limit exceeded, slow down",)),
    _rejected(1008, 400, "Consecutive text parts are not permitted"),
    _rejected(1009, 400, "Text too long"),
    _rejected(1010, 400, "Unsupported messaging service: 'sms'"),
    _rejected(
        1011,
        409,
        "Attachment ref missing attachment_id — register via POST /api/v1/attachments first",
        "Attachment ref mixes url and attachment_id",
    ),
    _rejected(1012, 409, "Chat is still being provisioned"),
    _rejected(1013, 409, "Contact has no usable phone number"),
    _rejected(2001, 404, "Tenant not found"),
    _rejected(2002, 404, "Chat not found"),
    _rejected(2003, 404, "Message not found"),
    _auth(2004, 401, "Invalid signature", "Invalid token"),
    _auth(2005, 403, "Tenant suspended", "No permission for this resource"),
    _rejected(2006, 400, "Phone number {to} is not assigned to your tenant"),
    _auth(2007, 403, "Email not verified"),
    _rejected(2008, 402, "Account limit reached"),
    _rejected(2010, 403, "Integration not connected"),
    _rejected(2011, 404, "Resource not found: sequence", "Resource not found: lead"),
    _auth(2012, 401, "No credentials supplied"),
    _auth(2013, 401, "Signature timestamp outside the allowed clock skew"),
    _rejected(2014, 400, "OAuth state missing or expired"),
    Code(3001, (500,), True, "handler.exception", ("Internal server error",)),
    Code(3002, (503,), True, "delivery.failed", ("Delivery is temporarily unavailable",)),
    Code(3003, (500, 503), False, "delivery.failed", ("Delivery service is not configured",)),
    Code(3004, (502,), True, "delivery.failed", ("A delivery service returned an error",)),
    Code(4001, (502,), True, "delivery.failed", ("Delivery to {to} failed", "Delivery failed")),
    Code(4002, (503,), True, "capacity.exhausted", ("All available phone lines are saturated",)),
    _rejected(4098, 400, "Unknown effect: 'fireworks'", "Unknown effect: 'rainbow'"),
    Code(
        4099,
        (422, 501),
        False,
        "request.rejected",
        ("Group chats need a pinned line", "Editing is not supported on this line"),
    ),
    _rejected(5001, 404, "Attachment not found"),
    _rejected(5002, 400, "Attachment too large"),
    _rejected(5003, 400, "Unsupported MIME type: application/x-msdownload"),
    _rejected(5004, 400, "Attachment not yet uploaded"),
)

CODES: dict[int, Code] = {code.number: code for code in _ALL}

REASONS_4001 = ("recipient_unreachable", "carrier_rejected", "recipient_blocked")
INTERNAL_CODES = {3002: "RLY-UNREACHABLE", 3003: "RLY-NOKEY", 3004: "RLY-5XX", 4001: "RLY-NACK"}
INTERNAL_DETAILS = {
    3002: "connect timeout after 2000 ms",
    3003: "no provider key for region",
    3004: "upstream answered 500",
    4001: "message to {to} refused by the far end",
}
STACK = (
    "Traceback (most recent call last):\\n"
    '  File \\"api/handlers.py\\", line 214, in handle\\n'
    "    return route.run(request)\\n"
    "KeyError: 'conversation'"
)

# What a body must never say: delivery names, variables, database errors, crypto steps.
FORBIDDEN_DETAILS = (
    "relay-b.internal:7443 connect ECONNREFUSED",
    "environment variable RELAY_API_KEY is not set",
    'duplicate key value violates unique constraint "messages_pkey"',
    "AES-GCM tag verification failed at step 3",
)
