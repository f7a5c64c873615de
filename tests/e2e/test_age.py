"""The real age program stands in for the library, and each reads what the other wrote."""

import shutil
from pathlib import Path

import pyrage
import pytest

from getmesh.ca import encryption
from getmesh.errors import InputError, UsageError

pytestmark = pytest.mark.e2e
KEY = b"-----BEGIN PRIVATE KEY-----" * 1000


@pytest.fixture
def age(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Take the library away until it is given back with ``undo``."""
    if shutil.which("age") is None:
        pytest.skip("age is not installed (Debian: age)")
    monkeypatch.setattr(encryption, "_pyrage", lambda: None)
    return monkeypatch


def test_library_and_program_read_each_other(age: pytest.MonkeyPatch, tmp_path: Path) -> None:
    age.chdir(tmp_path)
    identity, another = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    recipients = [str(one.to_public()) for one in (identity, another)]
    by_program = encryption.encrypt(KEY, recipients)
    assert encryption.is_encrypted(by_program)
    assert encryption.decrypt(by_program, f"# a comment\n{another}\n") == KEY
    age.undo()
    assert encryption.decrypt(by_program, str(identity)) == KEY
    by_library = encryption.encrypt(KEY, recipients)
    age.setattr(encryption, "_pyrage", lambda: None)
    assert encryption.decrypt(by_library, str(identity)) == KEY
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("age")
def test_what_the_program_refuses_is_passed_on() -> None:
    identity = pyrage.x25519.Identity.generate()
    with pytest.raises(UsageError, match="malformed recipient"):
        encryption.check_recipients([str(identity.to_public()), "age1bob"])
    sealed = encryption.encrypt(KEY, [str(identity.to_public())])
    with pytest.raises(InputError, match="no identity matched"):
        encryption.decrypt(sealed, str(pyrage.x25519.Identity.generate()))
    with pytest.raises(InputError, match="age: "):
        encryption.decrypt(sealed, "nothing")
