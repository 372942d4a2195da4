"""The official Python SDK 2.x against the demo. Usage: python2.py http URL | stdio COMMAND ARGS..."""

import asyncio
import sys

from mcp import Client, StdioServerParameters


async def main():
    how, target, *arguments = sys.argv[1:]
    server = target if how == "http" else StdioServerParameters(command=target, args=arguments)
    async with Client(server) as client:
        print("server:", client.server_info.name, client.server_info.version, "speaks", client.protocol_version)
        print("tools:", [tool.name for tool in (await client.list_tools()).tools])
        added = await client.call_tool("add_note", {"title": "From Python", "text": "hello", "tags": ["python"]})
        assert not added.is_error, added
        uri = f"note:///{added.structured_content['id']}"
        print("resource:", (await client.read_resource(uri)).contents[0].text.splitlines()[0])
        prompt = await client.get_prompt("review_notes", {"tag": "python"})
        print("prompt:", prompt.messages[0].content.text.splitlines()[0])
    print("done")


asyncio.run(main())
