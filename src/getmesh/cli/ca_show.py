"""``getmesh ca inspect`` and ``getmesh ca verify``: what a CA is, and whether it would serve."""

import click

from getmesh.cli.ca_input import SECRET, namespace_option
from getmesh.cli.options import cluster_options, examples, output_option


@click.command(
    epilog=examples("getmesh ca inspect", "getmesh ca inspect cacerts.yaml", "getmesh ca inspect chain.pem -o json")
)
@click.argument("source", default=SECRET)
@click.option("--identity", default="", metavar="FILE", help="age identity of an encrypted file.")
@namespace_option
@cluster_options
@output_option("table", "json", "yaml")
def inspect(
    source: str, identity: str, namespace: str, kubeconfig: str | None, context: str | None, output: str
) -> None:
    """Show the certificates of a CA.

    SOURCE: 'secret' for the cluster's own, a folder, a Secret's manifest, PEM text, or '-'.
    """
    from datetime import UTC, datetime

    from getmesh.ca.keys import guard_process
    from getmesh.cli.ca_input import load_bundle
    from getmesh.cli.ca_views import bundle_data, certificates_table
    from getmesh.cli.distribution_options import print_document
    from getmesh.errors import InputError

    guard_process()
    bundle = load_bundle(source, kubeconfig, context, namespace, identity)
    rows = bundle_data(bundle, datetime.now(UTC))
    if not rows:
        raise InputError(f"{source}: none of its certificates can be read")
    if output == "table":
        click.echo(certificates_table(rows), nl=False)
        return
    document = {"schema": "getmesh/ca/v1", "source": source, "key": bool(bundle.key), "certificates": rows}
    print_document(document, output)


@click.command(
    epilog=examples("getmesh ca verify cacerts.yaml", "getmesh ca verify secret", "getmesh ca verify ./certs -o json")
)
@click.argument("source", default=SECRET)
@click.option("--identity", default="", metavar="FILE", help="age identity of an encrypted file.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@namespace_option
@cluster_options
@output_option("table", "json", "yaml")
def verify(
    *,
    source: str,
    identity: str,
    strict: bool,
    namespace: str,
    kubeconfig: str | None,
    context: str | None,
    output: str,
) -> int:
    """Judge a CA as istiod and its peers would; exit 1 if it would break the mesh.

    SOURCE: 'secret' for the cluster's own, a folder, a Secret's manifest, PEM text, or '-'.
    """
    from datetime import UTC, datetime

    from getmesh.ca.fitness import judge
    from getmesh.ca.keys import guard_process
    from getmesh.ca.problems import errors
    from getmesh.cli.ca_input import load_bundle
    from getmesh.cli.ca_views import bundle_data, problems_data, problems_table
    from getmesh.cli.distribution_options import print_document

    guard_process()
    now = datetime.now(UTC)
    bundle = load_bundle(source, kubeconfig, context, namespace, identity)
    found = judge(bundle, now)
    broken = errors(found)
    if output == "table":
        click.echo(problems_table(found), nl=False)
        if not broken:
            proof = "two workloads of it shook hands" if bundle.key else "no key, so no handshake was tried"
            click.echo(f"{source}: fit for Istio ({proof})")
    else:
        facts = {"source": source, "fit": not broken, "handshake": bool(bundle.key) and not broken}
        lists = {"problems": problems_data(found), "certificates": bundle_data(bundle, now)}
        print_document({"schema": "getmesh/ca-verify/v1", **facts, **lists}, output)
    return 1 if broken or (strict and found) else 0
