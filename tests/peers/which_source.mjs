// Which credential the JavaScript SDK v3 takes, case by case: for each line {"environment"} of stdin, a line
// {"key"} or {"error"}. Cases differ in their homes, so that nothing the SDK remembers of files is of another case.
import { createInterface } from "node:readline";
import { defaultProvider } from "@aws-sdk/credential-provider-node";

console.log(JSON.stringify({ ready: true }));
console.warn = () => {};
for await (const line of createInterface({ input: process.stdin })) {
  const { environment } = JSON.parse(line);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  let found;
  try {
    found = { key: (await defaultProvider()()).accessKeyId };
  } catch (error) {
    found = { error: String(error) };
  }
  console.log(JSON.stringify(found));
}
