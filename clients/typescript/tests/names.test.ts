import assert from "node:assert/strict";
import { test } from "node:test";

import { nameOf, names, NOTHING_KNOWN, shortId, take } from "../src/index.js";
import { attendeeOf } from "./fixtures.js";

const ID = "6a1b7c3e-0000-4000-8000-000000000000";

test("ids are shortened where they are long", () => {
  assert.equal(shortId("bob"), "bob");
  assert.equal(shortId("bob.meyer@example.com"), "bob.meyer@example.com");
  assert.equal(shortId(ID), "6a1b7c3e…");
  assert.equal(shortId("é".repeat(25)), `${"é".repeat(23)}…`);
});

test("a user is called by the display name, and without one by the id", () => {
  assert.equal(nameOf({ externalUserId: ID, displayName: "山田" }), "山田");
  assert.equal(nameOf({ externalUserId: ID, displayName: null }), "6a1b7c3e…");
  assert.equal(nameOf({ externalUserId: "bob" }), "bob");
});

test("a state knows the names of those who are there, of those who left, and of the hands", () => {
  const hand = { raisedAt: "2026-11-24T10:00:00.000Z" };
  const state = take(NOTHING_KNOWN, {
    type: "snapshot",
    part: 1,
    attendees: [
      attendeeOf({ displayName: "Bob Meyer", hand }),
      attendeeOf({ attendeeId: "a2", externalUserId: "eve", displayName: "Eve", status: "gone" }),
    ],
    complete: true,
  });
  assert.deepEqual(["bob", "eve", "zoe"].map(names(state)), ["Bob Meyer", "Eve", "zoe"]);
  assert.equal(state.hands[0]!.displayName, "Bob Meyer");
});
