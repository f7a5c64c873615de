"""``getmesh gen-ca``: an intermediate CA for the mesh, from its issuer into the cluster."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from getmesh.cli.ca_input import rescue_options
from getmesh.cli.options import cluster_options, examples, output_option

if TYPE_CHECKING:
    from getmesh.ca.issuing import Done, Issuing, Ready
    from getmesh.ca.keys import PrivateKey
    from getmesh.ca.order import Order
    from getmesh.ca.secrets import SecretStore

_CA = ("certificateParameters", "caOptions")
_REQUEST = (*_CA, "certSigningRequestParams")
_SUBJECT = (*_REQUEST, "subject")
_SECRET = ("certificateParameters", "secretOptions")
_MANY = {"multiple": True, "metavar": "TEXT"}

# Parameter, option, the configuration's key, and what click needs to know.
_FLAGS: tuple[tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]], ...] = (
    (("-p", "--provider", "provider"), ("providerName",), {"help": "local, csr, gcp, aws or vault."}),
    (("--signing-ca", "signing_ca"), ("providerConfig", "aws", "signingCAArn"), {"help": "AWS: ARN of the CA."}),
    (("--template-arn", "template"), ("providerConfig", "aws", "templateArn"), {"help": "AWS: template."}),
    (
        ("--signing-algorithm", "algorithm"),
        ("providerConfig", "aws", "signingAlgorithm"),
        {"help": "AWS: algorithm; follows the CA's key if left out."},
    ),
    (("--cas-ca-name", "cas"), ("providerConfig", "gcp", "casCAName"), {"help": "Google: name of the CA or pool."}),
    (("--cas-ca-pool", "cas_pool"), ("providerConfig", "gcp", "caPool"), {"help": "Google: pool of a name without."}),
    (
        ("--max-issuer-path-len", "path_len"),
        ("providerConfig", "gcp", "maxIssuerPathLen"),
        {"type": int, "help": "Google: CAs that may stand below the new one."},
    ),
    (("--vault-address", "vault"), ("providerConfig", "vault", "address"), {"help": "Vault: address."}),
    (("--vault-mount", "mount"), ("providerConfig", "vault", "mount"), {"help": "Vault: mount of the PKI engine."}),
    (("--root-dir", "root_dir"), ("providerConfig", "local", "rootDir"), {"help": "local: folder of the root."}),
    (("--csr-file", "csr_file"), ("providerConfig", "csr", "csrFile"), {"help": "csr: where the request goes."}),
    (("--key-file", "key_file"), ("providerConfig", "csr", "keyFile"), {"help": "csr: the encrypted key."}),
    (("--signed-file", "signed"), ("providerConfig", "csr", "signedFile"), {"help": "csr: the signed chain."}),
    (("--root-file", "root_file"), ("providerConfig", "csr", "rootFile"), {"help": "csr: the root, if not in it."}),
    (("--common-name", "common_name"), (*_SUBJECT, "commonName"), {"help": "Name of the CA; one for each cluster."}),
    (("--country", "country"), (*_SUBJECT, "country"), {**_MANY, "help": "Country, two letters."}),
    (("--province", "province"), (*_SUBJECT, "province"), {**_MANY, "help": "Province."}),
    (("--locality", "locality"), (*_SUBJECT, "locality"), {**_MANY, "help": "Locality."}),
    (("--organization", "organization"), (*_SUBJECT, "organization"), {**_MANY, "help": "Organization."}),
    (("--organizational-unit", "unit"), (*_SUBJECT, "organizationalUnit"), {**_MANY, "help": "Unit."}),
    (("--email", "email"), (*_REQUEST, "emailAddresses"), {**_MANY, "help": "E-mail address."}),
    (("--dns-name", "dns"), (*_REQUEST, "dnsNames"), {**_MANY, "help": "DNS name."}),
    (("--istio-ca-namespace", "namespace"), (*_SECRET, "istioCANamespace"), {"help": "Namespace of the Secret."}),
    (("--secret-file-path", "file"), (*_SECRET, "secretFilePath"), {"help": "Write a manifest, not the cluster."}),
    (
        ("--override-existing-ca-cert-secret/--keep-existing", "override"),
        (*_SECRET, "overrideExistingCACertsSecret"),
        {"help": "Replace a CA that is there; it is backed up."},
    ),
    (
        ("--disable-secret-creation/--enable-secret-creation", "disable"),
        ("disableSecretCreation",),
        {"help": "Leave the cluster alone."},
    ),
    (("--validity-days", "days"), (*_CA, "validityDays"), {"type": int, "help": "Life in days [default: 365]."}),
    (("--key-length", "key_length"), (*_CA, "keyLength"), {"type": int, "help": "RSA bits [default: 2048]."}),
    (("--key-family", "key_family"), (*_CA, "keyFamily"), {"help": "rsa-2048, -3072, -4096, p-256 or p-384."}),
)


def _with_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    for names, _, settings in reversed(_FLAGS):
        more = {"default": None, **settings}
        more = {key: value for key, value in more.items() if not (key == "default" and settings.get("multiple"))}
        function = click.option(*names, **more)(function)
    return function


@click.command(
    "gen-ca",
    epilog=examples(
        "getmesh gen-ca --config-file gcp-cas-config.yaml --override-existing-ca-cert-secret",
        "getmesh gen-ca --provider local --root-dir ./root --common-name 'mesh ca east' --dry-run",
        "getmesh gen-ca --provider aws --signing-ca ARN --secret-file-path cacerts.yaml --encrypt-to age1...",
    ),
)
@click.option("--config-file", metavar="FILE", help="Configuration; flags win where they are given.")
@_with_flags
@click.option("--dry-run", is_flag=True, help="Check everything, change and issue nothing.")
@click.option("--force", is_flag=True, help="Replace output files that are there; also --override-existing-….")
@rescue_options
@click.option("--passphrase-file", default="", metavar="FILE", help="Passphrase of the root's or the pending key.")
@click.option("--replace-root", is_flag=True, help="Allow another root in one step: traffic breaks meanwhile.")
@click.option("--keep-type", is_flag=True, help="Write into a Secret of another type.")
@click.option("--recreate", is_flag=True, help="Delete and make anew a Secret that cannot be replaced.")
@cluster_options
@output_option("text", "json", "yaml")
def gen_ca(config_file: str | None, dry_run: bool, output: str, **given: Any) -> None:
    """Obtain an intermediate CA, prove it fit for Istio, and put it into the Secret 'cacerts'.

    Nothing is issued before rights, Secret, output file and issuer have been checked; nothing is written before the CA
    has passed a TLS handshake; what is replaced is backed up first.
    """
    from getmesh.ca.config import read_order
    from getmesh.ca.keys import guard_process
    from getmesh.cli.ca_input import load_document

    guard_process()
    order = read_order(load_document(config_file) if config_file else None, _overrides(given))
    if order.provider == "csr" and not order.options.get("signedFile"):
        _pending(order, given, dry_run=dry_run)
        return
    key = _pending_key(order, given)
    issuing, store = _issuing(order, given)
    ready = issuing.preflight()
    _warn(ready.warnings)
    if dry_run:
        _show(order, ready, None, output)
        return
    done = _carry_out(order, issuing, ready, key)
    _warn(done.warnings)
    record(order, done, store)
    _show(order, ready, done, output)


def _carry_out(order: "Order", issuing: "Issuing", ready: "Ready", key: "PrivateKey | None") -> "Done":
    """Issue and write; what is issued is logged, even if it cannot be written."""
    from getmesh.errors import GetmeshError

    issued = issuing.issue(ready, key)
    try:
        return issuing.write(ready, issued)
    except GetmeshError:
        record(order, issued, None, written=False)
        raise


def _overrides(given: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    """Give the flags that were given, by the key that they stand for."""
    found = {}
    for names, path, _ in _FLAGS:
        value = given[next(name for name in names if not name.startswith("-"))]
        if value is not None and value != ():
            found[path] = value
    if given["force"]:
        found[*_SECRET, "force"] = True
    return found


def _passphrase(order: "Order", given: dict[str, Any], *, confirm: bool = False) -> Callable[[str], bytes]:
    from getmesh.cli.ca_input import passphrase_reader

    file = given["passphrase_file"] or str(order.options.get("passphraseFile") or "")
    return passphrase_reader(file, confirm=confirm)


def _issuing(order: "Order", given: dict[str, Any]) -> tuple["Issuing", "SecretStore | None"]:
    from getmesh.ca.issuing import Issuing
    from getmesh.ca.providers.choice import open_issuer
    from getmesh.cli.ca_input import issuing_options, open_secret
    from getmesh.ports.clock import SystemClock

    issuer = open_issuer(order, _passphrase(order, given))
    secret = None
    if order.to_secret:
        special = {"keep_type": given["keep_type"], "recreate": given["recreate"]}
        secret = open_secret(given["kubeconfig"], given["context"], order.namespace, **special)
    return Issuing(order, issuer, secret, SystemClock(), issuing_options(given)), secret.store if secret else None


def _pending(order: "Order", given: dict[str, Any], *, dry_run: bool) -> None:
    """Make a key and a request for a CA that no program reaches; the key stays, encrypted, where it was asked for."""
    from getmesh.ca.pending import begin, check

    key_file, csr_file = check(order, force=given["force"])
    if dry_run:
        click.echo(f"would write the encrypted key to {key_file} and the request to {csr_file or 'standard output'}")
        return
    csr = begin(order, key_file, csr_file, _passphrase(order, given, confirm=True), force=given["force"])
    if not csr_file:
        click.echo(csr.decode(), nl=False)
    click.echo(f"the key is in {key_file}, encrypted. When the request is signed:", err=True)
    click.echo(f"  getmesh gen-ca --provider csr --key-file {key_file} --signed-file CHAIN.pem", err=True)


def _pending_key(order: "Order", given: dict[str, Any]) -> "PrivateKey | None":
    if order.provider != "csr":
        return None
    from getmesh.ca.pending import resume

    return resume(order, _passphrase(order, given))


def record(order: "Order", done: "Done", store: "SecretStore | None", *, written: bool = True) -> None:
    """Log what was issued; that it cannot be logged must not make it look as if it had failed."""
    from datetime import UTC, datetime

    from getmesh.ca.events import announce
    from getmesh.ca.issuing import log_issue
    from getmesh.cli.distribution_options import home
    from getmesh.errors import GetmeshError

    now = datetime.now(UTC)
    try:
        log_issue(home() / "ca" / "issued.jsonl", order, done, now, written=written)
    except GetmeshError as error:
        _warn((f"not logged: {error.message}",))
    if store is not None:
        announce(store, done, now)


def _warn(texts: tuple[str, ...]) -> None:
    from getmesh.cli.distribution_options import warn

    for text in dict.fromkeys(texts):
        warn(text)


def _show(order: "Order", ready: "Ready", done: "Done | None", output: str) -> None:
    from datetime import UTC, datetime

    from getmesh.cli.ca_input import say
    from getmesh.cli.ca_views import bundle_data, certificates_table
    from getmesh.cli.distribution_options import print_document

    where = f"Secret cacerts in {order.namespace}" if order.to_secret else order.file
    rows = bundle_data(done.bundle, datetime.now(UTC)) if done else []
    if output != "text":
        document = {
            "schema": "getmesh/gen-ca/v1",
            "dryRun": done is None,
            "provider": order.provider,
            "issuer": ready.terms.reference,
            "reference": done.reference if done else "",
            "destination": where,
            "backup": done.backup if done else "",
            "certificates": rows,
            "warnings": list(dict.fromkeys((*ready.warnings, *(done.warnings if done else ())))),
        }
        print_document(document, output)
        return
    facts = {"issuer": ready.terms.reference, "destination": str(Path(where)) if order.file else where}
    facts |= {"checked": "; ".join(ready.terms.facts)} if ready.terms.facts else {}
    if done is None:
        say({**facts, "dry run": "every check passed; nothing was issued or written"})
        return
    click.echo(certificates_table(rows), nl=False)
    say({**facts, "reference": done.reference, "backup": done.backup or "none: there was no CA before"})
    if not order.to_secret:
        click.echo(f"apply it: kubectl apply -f {order.file}")
    elif ready.existing is None:
        click.echo("istiod reads it after a restart: kubectl rollout restart deployment/istiod -n " + order.namespace)
    else:
        click.echo("istiod takes it within about a minute; 'getmesh ca status' shows who uses it")
