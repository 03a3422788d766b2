import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as module from "../voice-realtime.js";

const types = readFileSync(new URL("../voice-realtime.d.ts", import.meta.url), "utf8");

test("what the types declare is what the module has", () => {
  const declared = [...types.matchAll(/^export (?:const|class|function) (\w+)/gm)].map(match => match[1]).sort();
  assert.deepEqual(Object.keys(module).sort(), declared);
});

test("every member of VoiceRealtime is declared, and no other", () => {
  const body = types.slice(types.indexOf("export class VoiceRealtime {"));
  const declared = [...body.matchAll(/^ {2}(?:static )?(?:readonly )?(\w+)[(:<]/gm)].map(match => match[1]).filter(name => name !== "constructor");
  const client = new module.VoiceRealtime();
  const own = [
    ...Object.getOwnPropertyNames(module.VoiceRealtime.prototype), ...Object.keys(client),
    ...Object.getOwnPropertyNames(module.VoiceRealtime).filter(name => !["length", "name", "prototype"].includes(name)),
  ].filter(name => name !== "constructor");
  assert.deepEqual([...new Set(declared)].sort(), own.sort());
});
