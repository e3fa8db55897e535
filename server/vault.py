"""Secrets that must be used again are encrypted at rest, under a key made from `SECRET_KEY`.

What must only be checked is hashed instead (`ids.secret_hash`). Fernet authenticates what it
encrypts, so a changed ciphertext is noticed; HKDF keeps this key apart from any other that is made
of the same secret.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["Vault", "VaultError"]


class VaultError(Exception):
    """This was not sealed under this key, or was changed since."""


class Vault:
    """Seals and opens short texts."""

    def __init__(self, secret_key: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"parley vault 1").derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, text: str) -> str:
        """`text`, encrypted and authenticated."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """What was sealed. Raises `VaultError`."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise VaultError("a stored secret cannot be read with this SECRET_KEY") from None
