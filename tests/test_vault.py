"""Secrets at rest."""

import pytest

from server.vault import Vault, VaultError

KEY, OTHER = "k" * 16 + "1" * 16, "k" * 16 + "2" * 16


def test_what_was_sealed_is_opened_under_the_same_key() -> None:
    sealed = Vault(KEY).seal("ids_secret 👋")

    assert "secret" not in sealed
    assert Vault(KEY).open(sealed) == "ids_secret 👋"


def test_the_same_text_is_never_sealed_the_same_way_twice() -> None:
    vault = Vault(KEY)

    assert vault.seal("x") != vault.seal("x")


@pytest.mark.parametrize("damage", ["", "x", "ü"])
def test_what_is_not_ours_or_was_changed_is_refused(damage: str) -> None:
    sealed = Vault(KEY).seal("x")

    with pytest.raises(VaultError):
        Vault(KEY).open(sealed[:-4] + damage)
    with pytest.raises(VaultError):
        Vault(OTHER).open(sealed)
