"""`agentos doctor`: every check there is. Exit 1 when one of them fails."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import shown
from agentos_cli.renderers.listings import rows


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(name, help=summary, epilog=shown("agentos doctor", "agentos doctor --json"))
    def doctor(json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
        from agentos_cli.duties.wakers import checks as of_wakers

        house = App.start(demo=demo, tenant=tenant)
        checks = [*house.doctor(), *of_wakers(house)]
        failed = any(check["status"] == "fail" for check in checks)
        if json is not None:
            say_document({"schema": "agentos.doctor/1", "ok": not failed, "checks": checks}, json)
        else:
            say(rows(("check", "state", ""), [(c["name"], c["status"], c["says"]) for c in checks]))
            fixes = [c["fix"] for c in checks if c["fix"] and c["status"] != "ok"]
            say(
                "\n".join(["", "to mend:", *(f"  {fix}" for fix in dict.fromkeys(fixes))])
                if fixes
                else "\nall well"
            )
        if failed:
            raise typer.Exit(1)
