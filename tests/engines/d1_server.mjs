// The REST interface of Cloudflare D1 before its real engine, for the tests: requests in, D1's own answers out.
//
//   node d1_server.mjs MODULES DATA PORT_FILE
//
// MODULES is a directory with miniflare in its node_modules, DATA where databases are kept while it runs. The port on
// 127.0.0.1 is written to PORT_FILE when it answers. `POST /accounts/A/d1/database` gives a fresh database.

import { Agent, createServer, request as sent } from "node:http";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { renameSync, writeFileSync } from "node:fs";

const [modules, data, portFile] = process.argv.slice(2);
const { Miniflare } = createRequire(`${modules}/`)("miniflare");

// Runs inside the engine, next to the databases: one request there for each request here.
const WORKER = `
const prepared = (database, { sql, params = [] }) => database.prepare(sql).bind(...params);

const ACTIONS = {
  async query(database, body) {
    return database.batch((body.batch ?? [body]).map((one) => prepared(database, one)));
  },
  async raw(database, body) {
    const result = [];
    for (const one of body.batch ?? [body]) {
      const [columns, ...rows] = await prepared(database, one).raw({ columnNames: true });
      result.push({ success: true, results: { columns, rows }, meta: {} });
    }
    return result;
  },
  async export(database) {
    const [lines] = await database.prepare("PRAGMA miniflare_d1_export(?,?,?);").bind(0, 0).raw();
    return { text: lines.join("\\n") };
  },
  // The engine's own word for the database as it is, under which Time Travel would know it.
  async "time_travel/bookmark"(database) {
    const session = database.withSession("first-primary");
    await session.prepare("SELECT 1").all();
    return { bookmark: session.getBookmark() };
  },
};

const answer = (status, result, ...errors) =>
  Response.json({ success: status === 200, errors, messages: [], result }, { status });

export default {
  async fetch(request, env) {
    const [, name, ...action] = new URL(request.url).pathname.split("/");
    const act = ACTIONS[action.join("/")];
    if (act === undefined) return answer(404, null, { code: 7000, message: "No route for that URI" });
    try {
      return answer(200, await act(env[name], await request.json()));
    } catch (error) {
      return answer(400, null, { code: 7500, message: String(error.message).replace(/^D1_(EXEC_)?ERROR: /, "") });
    }
  },
};
`;

// Databases are bound a batch at a time, and a new batch means a restart of the engine: those in use are kept.
const BATCH = 40;
const inUse = new Set();
let free = [];
let made = 0;

function options() {
  const names = [...inUse, ...free];
  return {
    modules: true,
    script: WORKER,
    compatibilityDate: "2025-01-01",
    d1Databases: Object.fromEntries(names.map((name) => [name, name])),
    d1Persist: data,
  };
}

const more = () => Array.from({ length: BATCH }, () => `test-${made++}`);
free = more();
const miniflare = new Miniflare(options());
await miniflare.ready;

const agent = new Agent({ keepAlive: true });

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
  agent.destroy();
}


async function forwarded(path, text) {
  const { hostname, port } = await miniflare.ready;
  return new Promise((resolve, reject) => {
    const call = sent({ hostname, port, path, agent, method: "POST" }, async (answer) => {
      const chunks = [];
      for await (const chunk of answer) chunks.push(chunk);
      resolve([answer.statusCode, Buffer.concat(chunks)]);
    });
    call.on("error", reject);
    call.end(text);
  });
}

function failure(status, code, message) {
  return [status, { success: false, errors: [{ code, message }], messages: [], result: null }];
}

function success(result) {
  return [200, { success: true, errors: [], messages: [], result }];
}

// An export is asked for, asked about, and fetched from an address that needs no token.
const exports = new Map();

async function exported(name, text) {
  const { current_bookmark: asked } = JSON.parse(text || "{}");
  if (asked === undefined) {
    const [status, body] = await forwarded(`/${name}/export`, "{}");
    if (status !== 200) return [status, body];
    const at = randomUUID();
    exports.set(at, JSON.parse(body).result.text);
    return success({ type: "export", status: "active", success: true, at_bookmark: at, messages: ["Generating"] });
  }
  const url = `http://127.0.0.1:${server.address().port}/exports/${asked}`;
  const result = { filename: `${name}.sql`, signed_url: url };
  return success({ type: "export", status: "complete", success: true, at_bookmark: asked, messages: [], result });
}

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
  await open;
  running += 1;
  try {
    if (action === "export") return await exported(name, text);
    return await forwarded(`/${name}/${action}`, text || "{}");
  } catch (error) {
    return failure(500, 7501, `the engine does not answer: ${error.message}`);
  } finally {
    running -= 1;
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const at = /^\/exports\/([\w-]+)$/.exec(request.url)?.[1];
    if (at !== undefined && exports.has(at)) {
      response.writeHead(200, { "content-type": "application/sql" });
      response.end(exports.get(at));
      exports.delete(at);
      return;
    }
    const [status, body] = await answer(request, Buffer.concat(chunks).toString());
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body instanceof Buffer ? body : JSON.stringify(body));
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
