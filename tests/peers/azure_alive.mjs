// One process of @azure/identity that stays alive, as an application of a user would: it asks DefaultAzureCredential for
// a token at an interval, lists the subscriptions with it, and prints one JSON line per call, {"ok", "access_token_id",
// "error"}.
//
// `access_token_id` is the beginning of the token's SHA-256. Ends when stdin closes.

import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest } from "@azure/core-rest-pipeline";
import { DefaultAzureCredential } from "@azure/identity";

const MANAGER = "https://management.azure.com";

const { values: options } = parseArgs({ options: { "interval-ms": { type: "string", default: "100" } } });

const credential = new DefaultAzureCredential();
// What the vendor's clients are made of: it knows the proxy from the environment.
const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 0 } });
const http = createDefaultHttpClient();

const list = async (token) => {
  const url = `${MANAGER}/subscriptions?api-version=2022-12-01`;
  const request = createPipelineRequest({ url });
  request.headers.set("Authorization", `Bearer ${token}`);
  const { status, bodyAsText } = await pipeline.sendRequest(http, request);
  if (status !== 200) throw new Error(`${status}: ${bodyAsText}`);
};

const call = async () => {
  try {
    const { token } = await credential.getToken(`${MANAGER}/.default`);
    await list(token);
    const id = createHash("sha256").update(token).digest("hex").slice(0, 12);
    return { ok: true, access_token_id: id, error: null };
  } catch (problem) {
    return { ok: false, access_token_id: null, error: `${problem.name}: ${problem.message}` };
  }
};

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

for (;;) {
  console.log(JSON.stringify(await call()));
  await sleep(Number(options["interval-ms"]));
}
