"""``getmesh show``: the fetched builds."""

import click

from getmesh.cli.distribution_options import home, print_document, sized, warn
from getmesh.cli.options import examples, output_option


@click.command(epilog=examples("getmesh show", "getmesh show -o wide"))
@output_option("table", "wide", "json", "yaml")
def show(output: str) -> None:
    """Show the fetched builds; the active one is marked."""
    from getmesh.distributions.names import host_platform
    from getmesh.distributions.store import UNVERIFIED, Store

    store = Store(home())
    active = store.active_name()
    builds = store.builds()
    here = host_platform()
    if output in {"json", "yaml"}:
        rows = [{**build.document(), "active": build.name == active and build.platform == here} for build in builds]
        print_document({"schema": "getmesh/fetched/v1", "active": active, "builds": rows}, output)
        return
    if not builds:
        warn("no build is fetched yet; fetch one: getmesh fetch latest")
        return
    lines = []
    for build in builds:
        marks = ["Active"] if build.name == active and build.platform == here else []
        marks += [build.platform] if build.platform != here else []
        marks += [UNVERIFIED] if build.verified == UNVERIFIED else []
        marks += ["damaged"] if build.fault else []
        lines.append((f"{build.name} ({', '.join(marks)})" if marks else build.name, build))
        if build.fault:
            warn(build.fault)
    if output == "table":
        click.echo("\n".join(name for name, _ in lines))
        return
    from getmesh.report.columns import table

    head = ("BUILD", "PLATFORM", "SIZE", "VERIFIED", "FETCHED", "SHA256", "SOURCE")
    rows_wide = [
        (name, build.platform, sized(build.size), build.verified, build.fetched, build.sha256[:12], build.source)
        for name, build in lines
    ]
    click.echo(table(head, rows_wide), nl=False)
