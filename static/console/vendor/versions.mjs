/**
 * Prints VERSIONS.json: what `preact.js` was made of, and the hash of every file that took part.
 * `scripts/vendor` runs it; a test holds the hash of `preact.js` against what it printed.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const MODULES = {
  preact: "node_modules/preact/dist/preact.mjs",
  "preact/hooks": "node_modules/preact/hooks/dist/hooks.mjs",
  htm: "node_modules/htm/dist/htm.mjs",
  "@preact/signals": "node_modules/@preact/signals/dist/signals.mjs",
  "@preact/signals-core": "node_modules/@preact/signals-core/dist/signals-core.mjs",
};

/** @param {string} file */
const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

const sources = Object.entries(MODULES).map(([name, source]) => {
  const folder = name.startsWith("@") ? name : name.split("/")[0];
  const made = JSON.parse(readFileSync(`node_modules/${folder}/package.json`, "utf8"));
  return { name, version: made.version, licence: made.license, source, sha256: sha256(source) };
});
const file = "static/console/vendor/preact.js";
console.log(JSON.stringify({ file: "preact.js", sha256: sha256(file), sources }, null, 2));
