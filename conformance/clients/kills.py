"""The official Python SDKs and a server that is killed under them.

Usage: kills.py 1|2 URL SCENARIO; a line `kill ...` or `hand over` asks for it, a line on standard input says it is done.
"""

import json
import sys
import time
from contextlib import asynccontextmanager

import anyio
from anyio import to_thread

changes = [0]


async def message(message):
    message = getattr(message, "root", message)
    if str(getattr(message, "method", "")).endswith("list_changed"):
        changes[0] += 1


@asynccontextmanager
async def connected(major, url):
    """The client, with a session in either version."""
    if major == "1":
        from mcp import ClientSession
        from mcp.client.streamable_http import streamablehttp_client

        async with streamablehttp_client(url) as (read, write, _):
            async with ClientSession(read, write, message_handler=message) as session:
                await session.initialize()
                yield session
    else:
        from mcp import Client

        async with Client(url, mode="legacy", message_handler=message) as client:
            yield client


def say(line):
    print(line, flush=True)


async def told(line):
    said = await to_thread.run_sync(sys.stdin.readline)
    assert said.strip() == line, said


def report(what, since, held, outcome):
    """What became of something: whether it held, or none if that is only of interest."""
    row = {"what": what, "seconds": time.monotonic() - since, "held": held, "outcome": outcome}
    say("row " + json.dumps(row))


async def call(client, name, arguments=None, progress=None):
    """The text of a tool's answer; whatever goes wrong is an exception."""
    with anyio.fail_after(15):
        result = await client.call_tool(name, arguments or {}, progress_callback=progress)
    text = result.content[0].text
    if getattr(result, "isError", False) or getattr(result, "is_error", False):
        raise RuntimeError(text)
    return text


async def attempt(what, since, work, right):
    """How an attempt ends, and whether it is as it should be. Its time is known when it ends."""
    try:
        said, failed = await work, False
    except Exception as error:
        said, failed = f"{type(error).__name__}: {error}", True
    began = since()
    held = right(said, failed) and time.monotonic() - began < 5
    report(what, began, held, f"{'error' if failed else 'answer'}: {said}")


async def counts(client, what, expected):
    now = time.monotonic()
    await attempt(what, lambda: now, call(client, "count"), lambda said, failed: not failed and said == expected)


async def goes_on(client):
    assert await call(client, "count") == "1"
    await hears("list_changed before it", lambda: call(client, "touch"))
    say("kill")
    await told("back")
    await counts(client, "next call, its state", "2")
    await hears("list_changed", lambda: call(client, "touch"))
    say("kill")
    await told("back")
    await counts(client, "next call after a second kill", "3")
    # These clients give a stream up that broke twice, whatever the server does.
    await hears("list_changed after a second kill", lambda: call(client, "touch"), must=False)


async def hears(what, change, must=True):
    """Makes something change, and waits until it is told on the stream that the client holds."""
    since, before = time.monotonic(), changes[0]
    try:
        await change()
        while changes[0] == before and time.monotonic() - since < 10:
            await anyio.sleep(0.01)
        heard = changes[0] > before
        report(what, since, heard if must else None, "heard" if heard else "never heard")
    except Exception as error:
        report(what, since, False if must else None, f"error: {type(error).__name__}: {error}")


# When the server was asked to be killed.
killed = [0.0]


async def in_flight(client, what, tool, arguments, right):
    assert await call(client, "count") == "1"

    def kill(line):
        killed[0] = time.monotonic()
        say(line)

    async def progress(value, total, text):
        kill("kill")

    if arguments.get("tell") is False:
        kill("kill held")
    await attempt(what, lambda: killed[0], call(client, tool, arguments, progress), right)
    await told("back")
    await counts(client, "the client goes on", "2")


async def handed_over(client):
    since, number, failed, slowest, over = time.monotonic(), [0], [], [0.0], anyio.Event()

    async def add():
        start = time.monotonic()
        number[0] += 1
        try:
            await call(client, "add_note", {"title": f"note {number[0]}"})
        except Exception as error:
            failed.append(f"{type(error).__name__}: {error}")
        slowest[0] = max(slowest[0], time.monotonic() - start)

    async def work():
        while not over.is_set():
            await add()
        for _ in range(20):
            await add()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        await anyio.sleep(0.3)
        say("hand over")
        await told("over")
        over.set()
    why = f", the first: {failed[0]}" if failed else ""
    outcome = f"{number[0]} calls, {len(failed)} failed, the slowest {slowest[0]:.2f} s{why}"
    report("a loop of calls", since, not failed, outcome)
    await anyio.sleep(0.2)
    await hears("list_changed after it", add)


def clear(said, failed):
    """What the server itself says of a request that it lost; what a client makes up of silence is not as clear."""
    return failed and "may be retried" in said


async def main():
    major, url, scenario = sys.argv[1:]
    async with connected(major, url) as client:
        if scenario == "goes on":
            await goes_on(client)
        elif scenario == "began":
            await in_flight(client, "call in flight, its stream began", "hold", {"tell": True}, clear)
        elif scenario == "replay":
            await in_flight(client, "the same, marked replay", "hold_once", {}, lambda said, failed: said == "run 2")
        elif scenario == "before":
            await in_flight(client, NO_STREAM, "hold", {"tell": False}, lambda said, failed: failed)
        else:
            await handed_over(client)


NO_STREAM = "call in flight, no stream yet"


def first(error):
    """What is at the bottom of a group of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


try:
    anyio.run(main)
except BaseExceptionGroup as error:
    # Where a connection breaks before its answer began, these clients end everything that is inside of their block.
    if sys.argv[3] != "before":
        raise
    report(NO_STREAM, killed[0], time.monotonic() - killed[0] < 5, f"the client's block ends with {first(error)}")
    report("the client goes on", time.monotonic(), None, "no: the client object is lost")
say("done")
