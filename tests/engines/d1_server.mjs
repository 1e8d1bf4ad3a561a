// The REST interface of Cloudflare D1 before its real engine, for the tests: requests in, D1's own answers out.
//
//   node d1_server.mjs MODULES DATA PORT_FILE
//
// MODULES is a directory with miniflare in its node_modules, DATA where databases are kept while it runs. The port on
// 127.0.0.1 is written to PORT_FILE when it answers. `POST /accounts/A/d1/database` gives a fresh database.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { renameSync, writeFileSync } from "node:fs";

const [modules, data, portFile] = process.argv.slice(2);
const { Miniflare } = createRequire(`${modules}/`)("miniflare");

// Databases are bound a batch at a time, and a new batch means a restart of the engine: those in use are kept.
const BATCH = 40;
const inUse = new Set();
let free = [];
let made = 0;

function options() {
  const names = [...inUse, ...free];
  return {
    modules: true,
    script: "export default { fetch() { return new Response(null, { status: 404 }); } }",
    compatibilityDate: "2025-01-01",
    d1Databases: Object.fromEntries(names.map((name) => [name, name])),
    d1Persist: data,
  };
}

const more = () => Array.from({ length: BATCH }, () => `test-${made++}`);
free = more();
const miniflare = new Miniflare(options());
await miniflare.ready;

// While the engine restarts, nothing is asked of it: requests wait for `open`, and the restart for those that run.
let open = Promise.resolve();
let running = 0;

async function fresh() {
  if (free.length === 0) {
    free = more();
    open = restart();
  }
  const name = free.shift();
  inUse.add(name);
  await open;
  return name;
}

async function restart() {
  while (running > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await miniflare.setOptions(options());
}

function failure(status, code, message) {
  return [status, { success: false, errors: [{ code, message }], messages: [], result: null }];
}

function success(result) {
  return [200, { success: true, errors: [], messages: [], result }];
}

const prepared = (database, { sql, params = [] }) => database.prepare(sql).bind(...params);

async function query(database, body) {
  const statements = (body.batch ?? [body]).map((one) => prepared(database, one));
  return success(await database.batch(statements));
}

async function raw(database, body) {
  const result = [];
  for (const one of body.batch ?? [body]) {
    const [columns, ...rows] = await prepared(database, one).raw({ columnNames: true });
    result.push({ success: true, results: { columns, rows }, meta: {} });
  }
  return success(result);
}

// The engine's own word for the database as it is, under which Time Travel would know it.
async function bookmark(database) {
  const session = database.withSession("first-primary");
  await session.prepare("SELECT 1").all();
  return success({ bookmark: session.getBookmark() });
}

const ACTIONS = { query, raw, "time_travel/bookmark": bookmark };
const PATH = /^(?:\/client\/v4)?\/accounts\/[^/]+\/d1\/database(?:\/([\w-]+)(?:\/([\w/]+))?)?$/;

async function answer({ headers, method, url }, text) {
  if (!/^Bearer ./.test(headers.authorization ?? "")) return failure(401, 10000, "Authentication error");
  const [path, name, action] = PATH.exec(url) ?? [];
  if (path === undefined) return failure(404, 7000, "No route for that URI");
  if (name === undefined) return success({ uuid: await fresh(), name: JSON.parse(text).name, version: "production" });
  if (!inUse.has(name)) return failure(404, 7404, "The database could not be found");
  if (method === "DELETE") {
    inUse.delete(name);
    return success(null);
  }
  if (action === undefined) return success({ uuid: name, name, version: "production" });
  if (!(action in ACTIONS)) return failure(404, 7000, "No route for that URI");
  await open;
  running += 1;
  try {
    return await ACTIONS[action](await miniflare.getD1Database(name), JSON.parse(text || "{}"));
  } catch (error) {
    return failure(400, 7500, String(error.message).replace(/^D1_(EXEC_)?ERROR: /, ""));
  } finally {
    running -= 1;
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const [status, body] = await answer(request, Buffer.concat(chunks).toString());
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
});

process.on("SIGTERM", async () => {
  server.close();
  await miniflare.dispose();
  process.exit(0);
});

server.listen(0, "127.0.0.1", () => {
  writeFileSync(`${portFile}.new`, String(server.address().port));
  renameSync(`${portFile}.new`, portFile);
});
