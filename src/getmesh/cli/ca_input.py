"""What the commands about the CA share: the cluster, bundles from anywhere, passphrases."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from getmesh.errors import ClusterError, GetmeshError, InputError, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from getmesh.ca.bundle import Bundle
    from getmesh.ca.cacerts import CaSecret
    from getmesh.ca.issuing import Options
    from getmesh.ports.kube import KubeClient

PASSPHRASE_VARIABLE = "GETMESH_CA_PASSPHRASE"  # noqa: S105 - the name of a variable
SECRET = "secret"  # noqa: S105 - a word of the command line
_DER = b"0\x82"
_FORMS = "Give a Secret's manifest, a folder with ca-cert.pem and so on, or certificates as PEM or DER."


def namespace_option(function: "Callable[..., Any]") -> "Callable[..., Any]":
    """Add ``-n/--namespace``, the control plane's."""
    return click.option(
        "-n", "--namespace", default="istio-system", show_default=True, metavar="NS", help="Istio's namespace."
    )(function)


def rescue_options(function: "Callable[..., Any]") -> "Callable[..., Any]":
    """Add ``--encrypt-to`` and ``--rescue-file``: where a CA goes that is issued and then not taken."""
    for option in (
        click.option(
            "--rescue-file", "rescue", default="", metavar="FILE", help="Keep there what the cluster does not take."
        ),
        click.option(
            "--encrypt-to", "recipients", multiple=True, metavar="AGE1…", help="Encrypt the files with the CA."
        ),
    ):
        function = option(function)
    return function


def issuing_options(given: "Mapping[str, Any]") -> "Options":
    """Give how an order is carried out, from the options of the command line."""
    from getmesh.ca.issuing import Options

    rescue = str(Path(given["rescue"]).expanduser()) if given["rescue"] else ""
    return Options(given["force"], given["recipients"], given.get("replace_root", False), rescue)


def open_port(kubeconfig: str | None, context: str | None) -> "KubeClient":
    """Give the cluster of the options.

    Raises:
        UsageError: the network is switched off.
        ClusterError: none is configured.
    """
    from getmesh.ports.kube import open_kube

    if os.environ.get("GETMESH_OFFLINE") == "1":
        raise UsageError("a cluster needs the network, and GETMESH_OFFLINE is set")
    return open_kube(kubeconfig, context)


def open_secret(kubeconfig: str | None, context: str | None, namespace: str, **options: Any) -> "CaSecret":
    """Give the CA's Secret of a cluster; it is not read yet."""
    from getmesh.ca.cacerts import CaSecret
    from getmesh.ca.secrets import SecretStore

    return CaSecret(SecretStore(open_port(kubeconfig, context), namespace), **options)


def passphrase_reader(file: str, *, confirm: bool = False) -> "Callable[[str], bytes]":
    """Give a function that gets a passphrase once: from a file, the environment, or the terminal.

    Never from the command line, which everybody can see.
    """
    known: list[bytes] = []

    def read(what: str) -> bytes:
        if not known:
            known.append(_read_passphrase(file, what, confirm=confirm))
        return known[0]

    return read


def _read_passphrase(file: str, what: str, *, confirm: bool) -> bytes:
    if file:
        try:
            return Path(file).expanduser().read_bytes().rstrip(b"\r\n")
        except OSError as error:
            raise StorageError(f"passphrase: {file}: {error.strerror}") from error
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given.encode()
    if not sys.stdin.isatty():
        raise UsageError(
            f"{what} needs a passphrase, and there is nobody to ask",
            hint=f"Give --passphrase-file FILE, or set {PASSPHRASE_VARIABLE}.",
        )
    text: str = click.prompt(f"Passphrase of {what}", hide_input=True, confirmation_prompt=confirm, err=True)
    return text.encode()


def load_document(path: str) -> Any:
    """Give the value of a configuration file, None for an empty one.

    Raises:
        StorageError: it cannot be read.
        InputError: it is no YAML, or more than one document.
    """
    from getmesh.sources.yaml_text import decode

    values = decode(_read(path))
    if len(values) > 1:
        raise InputError(f"{path} holds several documents", hint="A configuration is one document.")
    return values[0] if values else None


def load_bundle(
    source: str, kubeconfig: str | None, context: str | None, namespace: str, identity: str = ""
) -> "Bundle":
    """Read a CA: ``secret`` for the cluster's, a folder, a manifest, PEM text, an age file, ``-`` for standard input.

    Raises:
        GetmeshError: it cannot be read, or holds no CA.
    """
    from getmesh.ca.bundle import from_data
    from getmesh.ca.cacerts import NAME

    if source == SECRET:
        found = open_secret(kubeconfig, context, namespace).read()
        if found is None:
            raise InputError(
                f"there is no Secret {NAME} in {namespace}", hint="istiod then signs with a root of its own."
            )
        return from_data(found.data)
    path = Path(source)
    if source != "-" and path.is_dir():
        try:
            return from_data({one.name: one.read_bytes() for one in sorted(path.iterdir()) if one.is_file()})
        except OSError as error:
            raise StorageError(f"{error.filename}: {error.strerror}") from error
    return read_text(_read(source), source, identity)


def read_text(text: bytes, source: str, identity: str = "") -> "Bundle":
    """Read a CA from the text of a file.

    Raises:
        InputError: it holds no CA, or nothing that can be read.
        UsageError: it is encrypted, and no identity was given.
    """
    from getmesh.ca.bundle import from_data
    from getmesh.ca.encryption import decrypt, is_encrypted
    from getmesh.ca.loose import from_der, from_pem
    from getmesh.ca.secrets import read_secret

    if is_encrypted(text):
        if not identity:
            raise UsageError(f"{source} is encrypted", hint="Give --identity FILE with the age identity.")
        text = decrypt(text, _read(identity).decode("utf-8", "replace"))
    if text.lstrip().startswith(b"-----BEGIN") or b"\n-----BEGIN" in text[:2000]:
        return from_pem(text, source)
    if text.startswith(_DER):
        return from_der(text, source)
    for value in _secrets(text, source):
        try:
            data = read_secret(value).data
        except ClusterError as error:
            raise InputError(f"{source}: {error.message}") from error
        return from_data(data)
    raise InputError(f"{source} holds no CA", hint=_FORMS)


def _secrets(text: bytes, source: str) -> "Iterator[dict[str, Any]]":
    """Yield the Secrets among the documents of a text, those of lists included."""
    from getmesh.sources.yaml_text import decode

    try:
        values = decode(text)
    except GetmeshError as error:
        raise InputError(f"{source} is no manifest: {error.message}", hint=_FORMS) from error
    for value in values:
        listed = value.get("items") if isinstance(value, dict) else None
        for one in listed if isinstance(listed, list) else [value]:
            if isinstance(one, dict) and one.get("kind") == "Secret":
                odd = [key for key in ("metadata", "data", "stringData") if not isinstance(one.get(key) or {}, dict)]
                if odd:
                    raise InputError(f"{source}: {' and '.join(odd)} of the Secret should hold keys")
                yield one


def _read(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).expanduser().read_bytes()
    except OSError as error:
        raise StorageError(f"{source}: {error.strerror}") from error


def say(lines: "Mapping[str, str]") -> None:
    """Print facts, one a line, names aligned."""
    width = max((len(name) for name in lines), default=0) + 2
    for name, value in lines.items():
        click.echo(f"{name + ':':<{width}}{value}")
