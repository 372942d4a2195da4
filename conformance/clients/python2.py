"""The official Python SDK 2.x against the demo.

Usage: python2.py auto|legacy http URL | stdio COMMAND ARGS...
"""

import asyncio
import os
import sys
import warnings

import anyio
import mcp_types as types
from mcp import Client, StdioServerParameters
from mcp.client.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.shared.exceptions import MCPDeprecationWarning

# What the newest version dropped is used here with those that have it.
warnings.simplefilter("ignore", MCPDeprecationWarning)

heard = []
answer = ["decline"]


async def message(message):
    """What a server with sessions says by itself."""
    if isinstance(message, types.ResourceListChangedNotification):
        heard.append("resources changed")
    elif isinstance(message, types.ResourceUpdatedNotification):
        heard.append(f"updated {message.params.uri}")


async def log(params):
    heard.append(f"log {params.data}")


async def elicit(_, params):
    heard.append(f"asked {params.message}")
    return types.ElicitResult(action=answer[0], content={} if answer[0] == "accept" else None)


async def sample(_, params):
    text = types.TextContent(type="text", text="in short: milk")
    return types.CreateMessageResult(role="assistant", model="none", content=text)


async def hears(what):
    with anyio.move_on_after(10):
        while what not in heard:
            await anyio.sleep(0.01)
        return
    raise AssertionError(f"never heard {what!r}, but {heard}")


def notes(count, tag):
    return "---\n".join(f"note {number}\ntags: {tag}\n" for number in range(count))


async def resources(client):
    """The URIs on all pages of the list; this client reads a page at a time."""
    page = await client.list_resources()
    found = [str(resource.uri) for resource in page.resources]
    while page.next_cursor is not None:
        page = await client.list_resources(cursor=page.next_cursor)
        found += [str(resource.uri) for resource in page.resources]
    return found


async def read(client, tag):
    """Lists and reads what the server has, and changes it."""
    tools = [tool.name for tool in (await client.list_tools()).tools]
    assert "add_note" in tools and "delete_note" in tools, tools
    print("tools:", len(tools))
    added = await client.call_tool("add_note", {"title": "From Python", "text": "milk", "tags": [tag]})
    assert not added.is_error, added
    id = added.structured_content["id"]
    uri = f"note:///{id}"
    await hears(f"log added the note {id}")
    print("log: heard")
    listed = await resources(client)
    assert uri in listed and "notes:///index" in listed, listed
    print("resource:", (await client.read_resource(uri)).contents[0].text.splitlines()[0])
    prompt = await client.get_prompt("review_notes", {"tag": tag})
    assert id in prompt.messages[0].content.text
    print("prompt:", prompt.messages[0].content.text.split(".")[0])
    template = types.ResourceTemplateReference(type="ref/resource", uri="note:///{id}")
    completed = await client.complete(template, {"name": "id", "value": id})
    assert completed.completion.values == [id], completed
    print("completion:", completed.completion.values)
    return id


async def listen(client, modern, id):
    """Hears that a note changed, and that the list did."""
    uri = f"note:///{id}"
    if modern:
        async with client.listen(resources_list_changed=True, resource_subscriptions=[uri]) as changes:
            assert changes.honored.resources_list_changed and changes.honored.resource_subscriptions == [uri]
            await client.call_tool("edit_note", {"id": id, "title": "Renamed"})
            wanted = {ResourcesListChanged(), ResourceUpdated(uri=uri)}
            with anyio.fail_after(10):
                async for change in changes:
                    wanted.discard(change)
                    if not wanted:
                        break
    else:
        await client.subscribe_resource(uri)
        await client.call_tool("edit_note", {"id": id, "title": "Renamed"})
        await hears("resources changed")
        await hears(f"updated {uri}")
        await client.unsubscribe_resource(uri)
    print("list_changed and updated: heard")


async def ask(client, id):
    """Lets the server ask for a model and for consent."""
    summary = await client.call_tool("summarize_note", {"id": id})
    assert summary.content[0].text == "in short: milk", summary
    print("sampling:", summary.content[0].text)
    kept = await client.call_tool("delete_note", {"id": id})
    assert kept.is_error and "wants to keep" in kept.content[0].text, kept
    answer[0] = "accept"
    gone = await client.call_tool("delete_note", {"id": id})
    assert not gone.is_error and gone.structured_content["id"] == id, gone
    assert any(what.startswith("asked Delete the note") for what in heard), heard
    print("elicitation: declined, then accepted")


async def take_long(client, tag):
    """Hears how far a long call is, and cancels one."""
    done = []

    async def progress(value, total, text):
        done.append(value)

    imported = await client.call_tool("import_notes", {"text": notes(50, tag)}, progress_callback=progress)
    assert imported.structured_content["count"] == 50, imported
    assert len(done) > 1 and done == sorted(set(done)), done
    print("progress:", len(done), "reports")

    with anyio.CancelScope() as scope:

        async def stop(value, total, text):
            scope.cancel()

        await client.call_tool("import_notes", {"text": notes(50_000, tag)}, progress_callback=stop)
    assert scope.cancelled_caught
    # Whoever writes next waits until the import has let go of the notebook.
    await client.call_tool("add_note", {"title": "After the import", "tags": [tag]})
    left = (await client.call_tool("list_notes", {"tag": tag})).structured_content["total"]
    assert left == 51, f"the cancelled import added notes: {left}"
    print("cancellation: nothing was imported")


async def main():
    mode, how, target, *arguments = sys.argv[1:]
    server = target if how == "http" else StdioServerParameters(command=target, args=arguments)
    modern, tag = mode == "auto", f"python2-{os.getpid()}"
    callbacks = {"elicitation_callback": elicit, "sampling_callback": sample, "logging_callback": log}
    async with Client(server, mode=mode, log_level="info", message_handler=message, **callbacks) as client:
        assert client.protocol_version == ("2026-07-28" if modern else "2025-11-25"), client.protocol_version
        print("speaks", client.protocol_version)
        print("server:", client.server_info.name, client.server_info.version)
        if not modern:
            await client.session.set_logging_level("info")
        id = await read(client, tag)
        await listen(client, modern, id)
        await ask(client, id)
        await take_long(client, tag)
    print("done")


asyncio.run(main())
