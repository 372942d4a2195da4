// The official TypeScript SDK 1.x against the demo. Usage: node typescript.mjs http URL | stdio COMMAND ARGS...
import assert from "node:assert";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [how, target, ...args] = process.argv.slice(2);
const transport =
  how === "http"
    ? new StreamableHTTPClientTransport(new URL(target))
    : new StdioClientTransport({ command: target, args });
let version;
if (how !== "http") transport.setProtocolVersion = (chosen) => (version = chosen);
const client = new Client({ name: "typescript", version: "1.0.0" });
await client.connect(transport);
version ??= transport.protocolVersion;
assert.equal(version, "2025-11-25");
console.log("speaks", version);

const server = client.getServerVersion();
console.log("server:", server.name, server.version);
console.log("tools:", (await client.listTools()).tools.map((tool) => tool.name));
const note = { title: "From TypeScript", text: "hello", tags: ["typescript"] };
const added = await client.callTool({ name: "add_note", arguments: note });
assert(!added.isError, JSON.stringify(added));
const uri = `note:///${added.structuredContent.id}`;
console.log("resource:", (await client.readResource({ uri })).contents[0].text.split("\n")[0]);
const prompt = await client.getPrompt({ name: "review_notes", arguments: { tag: "typescript" } });
console.log("prompt:", prompt.messages[0].content.text.split("\n")[0]);
if (how === "http") await transport.terminateSession();
await client.close();
console.log("done");
