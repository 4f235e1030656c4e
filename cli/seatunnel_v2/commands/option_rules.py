"""`seatunnel-v2 option-rules`: save the options of a deployment's plugins and the rules between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from seatunnel_conformance.arrange import options
from seatunnel_conformance.text.visible import as_json
from seatunnel_v2.addresses import settings_of
from seatunnel_v2.commands.spec import write
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import Progress, fail, reporting_errors, say
from seatunnel_v2.options import documents
from seatunnel_v2.options.run import Deployment, takes
from seatunnel_v2.reference import deployed_nodes

EPILOG = """Examples:

$ seatunnel-v2 option-rules http://localhost:8080 -o rules.json

$ seatunnel-v2 option-rules http://localhost:8080 --plugin MyConnector -o rules.json

$ seatunnel-v2 check job.conf --rules rules.json

Exit status: 0 saved, 2 invalid usage, 3 unreachable, 5 the deployment does not return option rules.
"""


@takes(*options.CONNECTION)
def option_rules(
    url: Deployment,
    plugin: Annotated[
        list[str] | None,
        typer.Option(
            "--plugin", metavar="NAME", help="Also save this plugin, which SeaTunnel does not ship. Can be repeated."
        ),
    ] = None,
    output: documents.Output = None,
    *,
    given: Mapping[str, Any],
) -> None:
    """Save the options of the plugins that are installed on the deployment at URL, and the rules between them.

    The command requests `/option-rules`, which engines since 3.0 have, for each plugin of SeaTunnel. `check --rules`
    reads the file.
    """
    from seatunnel_conformance.run.option_rules import NoOptionRules, read_option_rules

    with reporting_errors(), deployed_nodes(url, 1) as cluster, Progress() as progress:
        settings = settings_of(cluster.urls[0], given)
        try:
            found = read_option_rules(settings, plugin or (), progress.show)
        except NoOptionRules as problem:
            fail(ExitStatus.UNDECIDED, str(problem), "engines have `/option-rules` since 3.0")
    write(as_json(found) + "\n", output)
    say(f"{len(found['plugins'])} plugins of {found['release']}\n", err=True)
