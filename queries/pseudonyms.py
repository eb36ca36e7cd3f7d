"""What a number or an idempotency key is called in the database, for those who may read the key.

The writer replaces both by keyed hashes (`pseudonym` and `rekey` in its privacy.sql); these are the
same, for one that somebody has. Owns those two formulas; tests hold them to the writer's.
"""

import hashlib
import hmac
import os
import re
from pathlib import Path

from chertlog.queries.published import data_directory

_FILE = "pseudonym.key"
_VARIABLE = "CHERTLOG_PSEUDONYM_KEY"
# Digits of other scripts: full-width, Arabic-Indic, Persian, Devanagari.
_DIGITS = {first + n: str(n) for first in (0xFF10, 0x0660, 0x06F0, 0x0966) for n in range(10)}
_SCHEME = re.compile(r"^(?:tel|sms|callto):", re.IGNORECASE)


def pseudonym_of_recipient(number: str, data_dir: Path | None = None) -> str | None:
    """The value of `responses.recipient` for a phone number or address, however it is spelled.

    None if this account may not read the key: that of CHERTLOG_PSEUDONYM_KEY, else the file in the
    data directory.
    """
    secret = _secret(data_dir)
    if secret is None:
        return None
    digest = hmac.new(secret, _canonical(number).encode(), hashlib.sha256).hexdigest()
    return f"r_{_key_id(secret)}{digest[:14]}"


def pseudonym_of_key(idempotency_key: str, data_dir: Path | None = None) -> str | None:
    """The value of `responses.idempotency_key` for it; None as above."""
    secret = _secret(data_dir)
    if secret is None:
        return None
    plain = hashlib.sha256(b"chertlog rekey" + secret).digest()
    return f"k_{_key_id(secret)}{hashlib.sha256(plain + idempotency_key.encode()).hexdigest()[:14]}"


def _canonical(number: str) -> str:
    """One spelling for one number: digits with country code; of an address, its small letters."""
    if re.fullmatch(r"\+[0-9]{8,15}", number):
        return number[1:]
    text = _SCHEME.sub("", number.strip(" ").translate(_DIGITS))
    if re.search(r"[A-Za-z@]", text):
        return text.lower()
    digits = re.sub(r"[^0-9]", "", text)
    if digits.startswith("011") and len(digits) > 11:
        return digits[3:]
    if digits.startswith("00"):
        return digits[2:]
    return f"1{digits}" if len(digits) == 10 else digits  # North American, as in the reference


def _key_id(secret: bytes) -> str:
    return hashlib.sha256(b"chertlog key id" + secret).hexdigest()[:2]


def _secret(data_dir: Path | None) -> bytes | None:
    if text := os.environ.get(_VARIABLE):
        return text.encode()
    named = data_directory(data_dir)
    folder = named if named.is_dir() else named.parent
    try:
        return (folder / _FILE).read_bytes().strip()
    except OSError:
        return None
