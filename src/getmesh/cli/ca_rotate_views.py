"""The stages of a rotation as people read them."""

from typing import TYPE_CHECKING

import click

from getmesh.ca import pem
from getmesh.report.columns import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from getmesh.ca.bundle import Bundle
    from getmesh.ca.plan import Known, Plan, Surroundings


def print_present(present: "Bundle", new: "Known") -> None:
    """Say from which CA the way leads to which."""
    old = pem.label(present.signer) if present.signer else "a CA that cannot be read"
    to = pem.label(new.signer) if new.signer else "a CA that is not issued yet" if new.roots else "another CA"
    click.echo(clean(f"from {old} to {to}"))


def print_plans(plans: "Sequence[Plan]", around: "Surroundings") -> None:
    """Print the ways there are: each stage, what it waits for, what it touches."""
    for plan in plans:
        click.echo(f"\n{plan.title} ({plan.way}):")
        for number, entry in enumerate(plan.entries, 1):
            click.echo(f"{number}. {entry.stage:<10} {entry.mark}".rstrip())
            if entry.awaits:
                click.echo(f"   waits until {entry.awaits}")
            for line in entry.touches:
                click.echo(f"   - {clean(line)}")
    click.echo("\nA change of Secret cacerts first copies it to cacerts-backup-<time>; --back undoes the last stage.")
    for gap in around.gaps:
        click.echo(f"not seen: {clean(gap)}")
