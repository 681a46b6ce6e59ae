// One process of google-auth-library that stays alive, as an application of a user would: it finds Application Default
// Credentials when it starts, lists projects at an interval, and prints one JSON line per call, {"ok", "token_id",
// "error"}.
//
// `token_id` names the bearer token on the wire as the sandbox's log does. Ends when stdin closes.

import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { GoogleAuth } from "google-auth-library";

const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    "interval-ms": { type: "string", default: "200" },
  },
});

// A client that asks again would hide the failed call that a test is looking for; the library asks again with a new
// token after 401 and 403, so the test looks into the sandbox's log as well.
async function call(client) {
  try {
    const response = await client.request({ url: `${options.url}/v1/projects`, retry: false });
    const bearer = response.config.headers.get("authorization").replace(/^Bearer /, "");
    const tokenId = createHash("sha256").update(bearer).digest("hex").slice(0, 12);
    return { ok: response.status === 200, token_id: tokenId, error: null };
  } catch (problem) {
    return { ok: false, token_id: null, error: `${problem.name}: ${problem.message}` };
  }
}

const closed = new AbortController();
process.stdin.resume().on("end", () => closed.abort());

const auth = new GoogleAuth({ scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
const client = await auth.getClient();
while (!closed.signal.aborted) {
  console.log(JSON.stringify(await call(client)));
  await sleep(Number(options["interval-ms"]), undefined, { signal: closed.signal }).catch(() => {});
}
process.exit(0);
