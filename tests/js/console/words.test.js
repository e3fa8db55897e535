import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { best, score } from "../../../static/console/model/match.js";
import { contactName, hueOf, initials, trustOf } from "../../../static/console/model/people.js";
import { brief, duration, snoozePresets } from "../../../static/console/model/time.js";

/** @param {object} changes @returns {any} */
const contact = (changes) => ({
  id: "ct_0123f3ab",
  name: null,
  email: null,
  userId: null,
  verified: false,
  ...changes,
});

test("a match has the letters in their order, and beginnings of words count more", () => {
  assert.equal(score("xyz", "Snooze"), 0);
  assert.ok(score("am", "Assign to me") > 0);
  assert.deepEqual(
    best("as", ["Was", "Assign"], (one) => one),
    ["Assign", "Was"],
  );
  assert.deepEqual(
    best("", ["b", "a"], (one) => one),
    ["b", "a"],
  );
  assert.equal(
    best(
      "a",
      Array.from({ length: 90 }, () => "a"),
      (one) => one,
      8,
    ).length,
    8,
  );
});

test("a contact is called by the best that is known of them", () => {
  assert.equal(contactName(contact({ name: "Jane", email: "j@x" })), "Jane");
  assert.equal(contactName(contact({ email: "j@x" })), "j@x");
  assert.equal(contactName(contact({})), "Anonymous · …f3ab");
  assert.equal(contactName(null), "Unknown visitor");
  assert.equal(trustOf(contact({ name: "Jane" })), "identified");
  assert.equal(trustOf(contact({ verified: true })), "verified");
  assert.equal(trustOf(contact({})), "anonymous");
});

test("initials are letters, whole ones, of any script", () => {
  assert.equal(initials("Jane Cooper"), "JC");
  assert.equal(initials("Renée O’Connor-Fitzgerald"), "RF");
  assert.equal(initials("jane@example.com"), "JC");
  assert.equal(initials("𝒥ane"), "𝒥");
  assert.equal(initials("<script>"), "S");
  assert.equal(initials("😀 !!"), "");
  assert.equal(hueOf("ct_1"), hueOf("ct_1"));
});

test("times are as short as they can be", () => {
  const now = Date.parse("2026-03-03T12:00:00.000Z");

  assert.equal(brief("2026-03-03T11:59:30.000Z", now), "now");
  assert.equal(brief("2026-03-03T11:46:00.000Z", now), "14m");
  assert.equal(brief("2026-03-03T12:05:00.000Z", now), "now");
  assert.equal(duration("2026-03-03T09:50:00.000Z", now), "2 h 10 min");
  assert.equal(duration("2026-02-28T11:00:00.000Z", now), "3 days");
});

test("every moment that is offered lies ahead, at any time of any day", () => {
  for (let hour = 0; hour < 24 * 8; hour++) {
    const now = Date.parse("2026-03-01T00:30:00.000Z") + hour * 3_600_000;
    for (const { at } of snoozePresets(now)) assert.ok(at > now);
  }
});

test("the vendored file is the one that was made of what VERSIONS.json says", () => {
  const folder = new URL("../../../static/console/vendor/", import.meta.url);
  const versions = JSON.parse(readFileSync(new URL("VERSIONS.json", folder), "utf8"));

  const hash = createHash("sha256")
    .update(readFileSync(new URL(versions.file, folder)))
    .digest("hex");

  assert.equal(hash, versions.sha256);
  assert.deepEqual(
    versions.sources.map((/** @type {any} */ { name, licence }) => `${name} ${licence}`),
    [
      "preact MIT",
      "preact/hooks MIT",
      "htm Apache-2.0",
      "@preact/signals MIT",
      "@preact/signals-core MIT",
    ],
  );
});
