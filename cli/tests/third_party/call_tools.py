"""Start the MCP server of SeaTunnel as an assistant does, call its tools, and print what each said.

Runs in an environment of its own. Standard input is a JSON array of `[tool, arguments]`; standard output is an array of
`{"error": bool, "said": [text, ...]}`, and its first item names the tools there are.
"""

import asyncio
import json
import sys
from pathlib import Path

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

SERVER = StdioServerParameters(command=str(Path(sys.executable).parent / "seatunnel-mcp"), args=["run"])


async def call_tools(calls: list[tuple[str, dict[str, object]]]) -> list[dict[str, object]]:
    async with stdio_client(SERVER) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        said = [{"error": False, "said": [tool.name for tool in (await session.list_tools()).tools]}]
        for tool, arguments in calls:
            result = await session.call_tool(tool, arguments)
            said.append({"error": result.isError, "said": [part.text for part in result.content]})
        return said


sys.stdout.write(json.dumps(asyncio.run(call_tools(json.load(sys.stdin)))))
