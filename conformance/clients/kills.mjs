// The official TypeScript SDKs and a server that is killed under them.
// Usage: node kills.mjs 1|2 URL SCENARIO; a line `kill …` or `hand over` asks for it, a line on standard input says it is done.
import assert from "node:assert";
import { createInterface } from "node:readline";

const [major, url, scenario] = process.argv.slice(2);
const old = major === "1";
const { Client, StreamableHTTPClientTransport, ...types } = old
  ? {
      ...(await import("@modelcontextprotocol/sdk/client/index.js")),
      ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
      ...(await import("@modelcontextprotocol/sdk/types.js")),
    }
  : await import("@modelcontextprotocol/client");

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const told = async (line) => assert.equal((await lines.next()).value, line);
const seconds = (since) => (performance.now() - since) / 1000;
const report = (what, since, held, outcome) =>
  console.log("row", JSON.stringify({ what, seconds: seconds(since), held, outcome }));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let changes = 0;
const options = old ? {} : { versionNegotiation: { mode: "legacy" } };
const client = new Client({ name: "kills", version: "1.0.0" }, options);
client.setNotificationHandler(old ? types.ToolListChangedNotificationSchema : "notifications/tools/list_changed", () => {
  changes += 1;
});
client.setNotificationHandler(
  old ? types.ResourceListChangedNotificationSchema : "notifications/resources/list_changed",
  () => {
    changes += 1;
  },
);
const transport = new StreamableHTTPClientTransport(new URL(url));
await client.connect(transport);

async function call(name, args = {}, options = { timeout: 15_000 }) {
  const params = { name, arguments: args };
  const result = await (old ? client.callTool(params, undefined, options) : client.callTool(params, options));
  const text = result.content[0].text;
  if (result.isError) throw new Error(text);
  return text;
}

// How an attempt ends, and whether it is as it should be. Its time is known when it ends.
async function attempt(what, since, work, right) {
  const [said, failed] = await work.then((text) => [text, false], (error) => [String(error), true]);
  const began = since();
  report(what, began, right(said, failed) && seconds(began) < 5, failed ? `error: ${said}` : `answer: ${said}`);
}
function counts(what, expected) {
  const now = performance.now();
  return attempt(what, () => now, call("count"), (said, failed) => !failed && said === expected);
}

// Makes something change, and waits until it is told on the stream that the client holds.
async function hears(what, change) {
  const [since, before] = [performance.now(), changes];
  try {
    await change();
    while (changes === before && seconds(since) < 10) await sleep(10);
    report(what, since, changes > before, changes > before ? "heard" : "never heard");
  } catch (error) {
    report(what, since, false, `error: ${error}`);
  }
}
const touch = () => call("touch");

async function goesOn() {
  assert.equal(await call("count"), "1");
  await hears("list_changed before it", touch);
  console.log("kill");
  await told("back");
  await counts("next call, its state", "2");
  await hears("list_changed", touch);
  console.log("kill");
  await told("back");
  await counts("next call after a second kill", "3");
  await hears("list_changed after a second kill", touch);
}

async function inFlight(what, tool, args, right) {
  assert.equal(await call("count"), "1");
  let killed = performance.now();
  const kill = (line) => {
    killed = performance.now();
    console.log(line);
  };
  const held = call(tool, args, { timeout: 15_000, onprogress: () => kill("kill") });
  if (args.tell === false) kill("kill held");
  await attempt(what, () => killed, held, right);
  await told("back");
  await counts("the client goes on", "2");
}

async function handedOver() {
  let [number, failed, slowest, over] = [0, [], 0, false];
  const since = performance.now();
  const add = async () => {
    const start = performance.now();
    number += 1;
    await call("add_note", { title: `note ${number}` }).catch((error) => failed.push(String(error)));
    slowest = Math.max(slowest, seconds(start));
  };
  const worked = (async () => {
    while (!over) await add();
    for (let more = 0; more < 20; more += 1) await add();
  })();
  await sleep(300);
  console.log("hand over");
  await told("over");
  over = true;
  await worked;
  const why = failed.length > 0 ? `, the first: ${failed[0]}` : "";
  const outcome = `${number} calls, ${failed.length} failed, the slowest ${slowest.toFixed(2)} s${why}`;
  report("a loop of calls", since, failed.length === 0, outcome);
  await sleep(200);
  await hears("list_changed after it", add);
}

// What the server itself says of a request that it lost; what a client makes up of silence is not as clear.
const clear = (said, failed) => failed && said.includes("may be retried");
await {
  "goes on": goesOn,
  began: () => inFlight("call in flight, its stream began", "hold", { tell: true }, clear),
  replay: () => inFlight("the same, marked replay", "hold_once", {}, (said) => said === "run 2"),
  before: () => inFlight("call in flight, no stream yet", "hold", { tell: false }, (_, failed) => failed),
  "handed over": handedOver,
}[scenario]();
console.log("done");
process.exit(0);
