// The official TypeScript SDK 2.x against the demo.
// Usage: node typescript2.mjs auto|legacy http URL | stdio COMMAND ARGS...
import assert from "node:assert";
import { Client, LOG_LEVEL_META_KEY, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [mode, how, target, ...args] = process.argv.slice(2);
const modern = mode === "auto";
const transport =
  how === "http"
    ? new StreamableHTTPClientTransport(new URL(target))
    : new StdioClientTransport({ command: target, args });

const client = new Client(
  { name: "typescript2", version: "1.0.0" },
  { capabilities: { elicitation: { form: {} }, sampling: {} }, versionNegotiation: { mode } },
);

// What the server said by itself, and whoever waits for it.
const heard = [];
let wake = () => {};
const hear = (what) => {
  heard.push(what);
  wake();
};
async function hears(what) {
  const late = setTimeout(() => assert.fail(`never heard ${what}, but ${JSON.stringify(heard)}`), 10_000);
  while (!heard.includes(what)) await new Promise((resolve) => (wake = resolve));
  clearTimeout(late);
}
client.setNotificationHandler("notifications/resources/list_changed", () => hear("resources changed"));
client.setNotificationHandler("notifications/resources/updated", ({ params }) => hear(`updated ${params.uri}`));
client.setNotificationHandler("notifications/message", ({ params }) => hear(`log ${params.data}`));

let answer = "decline";
client.setRequestHandler("elicitation/create", async ({ params }) => {
  hear(`asked ${params.message}`);
  return answer === "accept" ? { action: "accept", content: {} } : { action: answer };
});
client.setRequestHandler("sampling/createMessage", async () => ({
  model: "none",
  role: "assistant",
  content: { type: "text", text: "in short: milk" },
}));

await client.connect(transport);
const version = client.getNegotiatedProtocolVersion();
assert.equal(version, modern ? "2026-07-28" : "2025-11-25");
assert.equal(client.getProtocolEra(), modern ? "modern" : "legacy");
console.log("speaks", version);
const server = client.getServerVersion();
console.log("server:", server.name, server.version);

// In versions with sessions the level of the log is the session's, later each request has its own.
const _meta = modern ? { [LOG_LEVEL_META_KEY]: "info" } : undefined;
if (!modern) await client.setLoggingLevel("info");
const call = (name, args, options) => client.callTool({ name, arguments: args, _meta }, options);

const tools = (await client.listTools()).tools.map((tool) => tool.name);
assert(tools.includes("add_note") && tools.includes("delete_note"), tools);
console.log("tools:", tools.length);

const changes = modern && (await client.listen({ resourcesListChanged: true }));
if (modern) assert.equal(changes.honoredFilter.resourcesListChanged, true);
const tag = `typescript2-${process.pid}`;
const added = await call("add_note", { title: "From TypeScript", text: "milk", tags: [tag] });
assert(!added.isError, JSON.stringify(added));
const { id } = added.structuredContent;
const uri = `note:///${id}`;
await hears(`log added the note ${id}`);
await hears("resources changed");
console.log("list_changed and log: heard");

const listed = (await client.listResources()).resources.map((resource) => resource.uri);
assert(listed.includes(uri) && listed.includes("notes:///index"), listed);
assert.equal((await client.listResourceTemplates()).resourceTemplates[0].uriTemplate, "note:///{id}");
console.log("resource:", (await client.readResource({ uri })).contents[0].text.split("\n")[0]);
const prompt = await client.getPrompt({ name: "review_notes", arguments: { tag } });
assert(prompt.messages[0].content.text.includes(id));
console.log("prompt:", prompt.messages[0].content.text.split(".")[0]);
const ref = { type: "ref/resource", uri: "note:///{id}" };
const completed = await client.complete({ ref, argument: { name: "id", value: id } });
assert.deepEqual(completed.completion.values, [id]);
console.log("completion:", completed.completion.values);

const watch = modern ? await client.listen({ resourceSubscriptions: [uri] }) : await client.subscribeResource({ uri });
await call("edit_note", { id, append: "and bread" });
await hears(`updated ${uri}`);
await (modern ? watch.close() : client.unsubscribeResource({ uri }));
console.log("updated: heard");

const summary = await call("summarize_note", { id });
assert.equal(summary.content[0].text, "in short: milk");
console.log("sampling:", summary.content[0].text);

const kept = await call("delete_note", { id });
assert(kept.isError && kept.content[0].text.includes("wants to keep"), JSON.stringify(kept));
answer = "accept";
const gone = await call("delete_note", { id });
assert(!gone.isError && gone.structuredContent.id === id, JSON.stringify(gone));
assert(heard.some((what) => what.startsWith("asked Delete the note")), heard);
console.log("elicitation: declined, then accepted");

const notes = (count) => Array.from({ length: count }, (_, n) => `note ${n}\ntags: ${tag}\n`).join("---\n");
const done = [];
const imported = await call("import_notes", { text: notes(50) }, { onprogress: ({ progress }) => done.push(progress) });
assert.equal(imported.structuredContent.count, 50);
assert(done.length > 1 && done.every((value, at) => at === 0 || value > done[at - 1]), done);
console.log("progress:", done.length, "reports");

const stop = new AbortController();
const many = call("import_notes", { text: notes(50_000) }, { signal: stop.signal, onprogress: () => stop.abort() });
await assert.rejects(many);
// Whoever writes next waits until the import has let go of the notebook.
await call("add_note", { title: "After the import", tags: [tag] });
const left = (await call("list_notes", { tag })).structuredContent.total;
assert.equal(left, 51, "the cancelled import added notes");
console.log("cancellation: nothing was imported");

if (changes) await changes.close();
if (how === "http" && !modern) await transport.terminateSession();
await client.close();
console.log("done");
