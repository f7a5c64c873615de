"""What is encrypted comes back to its identity alone, by the library or by the program in its place."""

import sys
from pathlib import Path

import pyrage
import pytest

from getmesh.ca import encryption
from getmesh.ca.encryption import check_recipients, decrypt, encrypt, is_encrypted
from getmesh.errors import EnvironmentFailed, InputError, UsageError

KEY = b"-----BEGIN PRIVATE KEY-----"
# As much of age as getmesh uses, on top of the library; the real program is in the end-to-end tests.
STAND_IN = f"""#!{sys.executable}
import sys, pyrage
data = sys.stdin.buffer.read()
try:
    if sys.argv[1] == "-d":
        lines = [line for line in open(sys.argv[3]).read().split() if line.startswith("AGE-")]
        out = pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(line) for line in lines])
    else:
        out = pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(one) for one in sys.argv[2::2]])
except Exception as error:
    sys.exit(f"age: error: {{error}}")
sys.stdout.buffer.write(out)
"""


def pair() -> tuple[str, str]:
    """Give an identity and its recipient."""
    identity = pyrage.x25519.Identity.generate()
    return f"# made by a test\n{identity}\n", str(identity.to_public())


@pytest.fixture
def program_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leave nothing but a program named age; give its path."""
    program = tmp_path / "bin" / "age"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setattr(encryption, "_pyrage", lambda: None)
    return program


@pytest.fixture(params=["library", "program"])
def means(request: pytest.FixtureRequest) -> None:
    if request.param == "program":
        request.getfixturevalue("program_only")


@pytest.mark.usefixtures("means")
def test_each_of_several_recipients_can_read_it_and_nobody_else() -> None:
    (one, first), (two, second), (stranger, _) = pair(), pair(), pair()
    sealed = encrypt(KEY, [first, second])
    assert is_encrypted(sealed)
    assert KEY not in sealed
    assert decrypt(sealed, one) == decrypt(sealed, two) == KEY
    with pytest.raises(InputError):
        decrypt(sealed, stranger)


@pytest.mark.usefixtures("means")
@pytest.mark.parametrize("recipient", ["bob", "age1bob", "AGE-SECRET-KEY-1"])
def test_what_is_no_recipient_is_found_before_there_is_anything_to_encrypt(recipient: str) -> None:
    _, good = pair()
    check_recipients([good])
    with pytest.raises(UsageError):
        check_recipients([good, recipient])


@pytest.mark.usefixtures("means")
def test_what_is_no_identity_opens_nothing() -> None:
    _, recipient = pair()
    sealed = encrypt(KEY, [recipient])
    for text in ("", "AGE-SECRET-KEY-1", "x" * 5000):
        with pytest.raises(InputError):
            decrypt(sealed, text)


def test_the_key_reaches_the_program_through_pipes_alone(program_only: Path) -> None:
    identity, recipient = pair()
    watched = program_only.parent / "seen"
    program_only.write_text(STAND_IN.replace("data =", f"open({str(watched)!r}, 'a').write(repr(sys.argv))\ndata ="))
    assert decrypt(encrypt(KEY, [recipient]), identity) == KEY
    seen = watched.read_text()
    assert "PRIVATE KEY" not in seen
    assert "SECRET" not in seen
    assert sorted(one.name for one in program_only.parent.iterdir()) == ["age", "seen"]


def test_a_program_that_does_not_run_or_is_not_there_is_said(program_only: Path) -> None:
    identity, recipient = pair()
    program_only.write_text("#!/nothing/here\n")
    with pytest.raises(EnvironmentFailed, match="cannot be run"):
        check_recipients([recipient])
    program_only.unlink()
    for attempt in (lambda: check_recipients([recipient]), lambda: decrypt(b"age-encryption.org/v1", identity)):
        with pytest.raises(UsageError) as caught:
            attempt()
        assert "pip install pyrage, or the program age" in caught.value.hint
