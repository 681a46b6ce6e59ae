// One process of the JavaScript SDK v3 that stays alive, as an application of a user would: it calls AWS through
// the default profile at an interval and prints one JSON line per call, {"ok", "access_key_id", "error"}.
//
// `access_key_id` is the one that signed the request on the wire. Ends after --calls calls, or when stdin closes.

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const { values: options } = parseArgs({
  options: {
    "interval-ms": { type: "string", default: "200" },
    calls: { type: "string", default: "1000000" },
  },
});

let accessKeyId = null;

// The deserialize step comes after signing, so the request is the one that goes out.
const noteSigner = (next) => (step) => {
  const header = step.request.headers.authorization ?? "";
  accessKeyId = /Credential=([^/]+)\//.exec(header)?.[1] ?? null;
  return next(step);
};

async function call(client) {
  accessKeyId = null;
  let error = null;
  try {
    await client.send(new GetCallerIdentityCommand({}));
  } catch (problem) {
    error = `${problem.name}: ${problem.message}`;
  }
  return { ok: error === null, access_key_id: accessKeyId, error };
}

const closed = new AbortController();
process.stdin.resume().on("end", () => closed.abort());

const client = new STSClient({});
client.middlewareStack.add(noteSigner, { step: "deserialize", name: "noteSigner" });
for (let left = Number(options.calls); left > 0 && !closed.signal.aborted; left -= 1) {
  console.log(JSON.stringify(await call(client)));
  await sleep(Number(options["interval-ms"]), undefined, { signal: closed.signal }).catch(() => {});
}
process.exit(0);
