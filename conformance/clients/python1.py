"""The official Python SDK 1.x against the demo. Usage: python1.py http URL | stdio COMMAND ARGS..."""

import asyncio
import sys

from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamablehttp_client


async def use(read, write):
    async with ClientSession(read, write) as session:
        hello = await session.initialize()
        assert hello.protocolVersion == "2025-11-25", hello.protocolVersion
        print("speaks", hello.protocolVersion)
        print("server:", hello.serverInfo.name, hello.serverInfo.version)
        print("tools:", [tool.name for tool in (await session.list_tools()).tools])
        note = {"title": "From Python", "text": "hello", "tags": ["python"]}
        added = await session.call_tool("add_note", note)
        assert not added.isError, added
        uri = f"note:///{added.structuredContent['id']}"
        print("resource:", (await session.read_resource(uri)).contents[0].text.splitlines()[0])
        prompt = await session.get_prompt("review_notes", {"tag": "python"})
        print("prompt:", prompt.messages[0].content.text.splitlines()[0])


async def main():
    how, target, *arguments = sys.argv[1:]
    if how == "http":
        async with streamablehttp_client(target) as (read, write, _):
            await use(read, write)
    else:
        async with stdio_client(StdioServerParameters(command=target, args=arguments)) as (read, write):
            await use(read, write)
    print("done")


asyncio.run(main())
