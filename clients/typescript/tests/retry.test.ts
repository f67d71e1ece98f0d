import assert from "node:assert/strict";
import { test } from "node:test";

import { isProblem, Unreachable } from "../src/index.js";
import { Api, BOB, json, problem } from "./fixtures.js";

const DONE = json({ changeId: "c1", status: "applied", attendee: null, before: null, after: null, effects: [] });
const LOST = new TypeError("fetch failed");

test("what may help is tried again, with one key and a new token each time", async () => {
  for (const trouble of [
    LOST,
    json({ message: "Too Many Requests" }, 429),
    problem(500, "internal-error"),
    problem(503, "busy"),
    problem(503, "contended"),
    json({ message: "Bad Gateway" }, 502),
    new Response("<html>", { status: 502 }),
    new Response("", { status: 504 }),
  ]) {
    const api = new Api([trouble, DONE]);
    assert.equal((await api.meeting.mute(BOB, { for: "5m" })).status, "applied");
    const keys = api.asked.map((request) => request.headers.get("Idempotency-Key"));
    assert.equal(keys.length, 2);
    assert.match(keys[0]!, /^[0-9a-f]{32}$/);
    assert.equal(keys[0], keys[1]);
    assert.deepEqual(
      api.asked.map((request) => request.headers.get("Authorization")),
      ["Bearer token-1", "Bearer token-2"],
    );
    assert.deepEqual(api.bodies, Array(2).fill('{"durationSeconds":300}'));
  }
});

test("another call has another key", async () => {
  const api = new Api([DONE]);
  await api.meeting.mute(BOB);
  await api.meeting.mute(BOB);
  assert.equal(new Set(api.asked.map((request) => request.headers.get("Idempotency-Key"))).size, 2);
});

test("what can't help is not", async () => {
  const refusals: [number, string][] = [
    [400, "invalid-request"],
    [403, "not-permitted"],
    [403, "banned"],
    [404, "meeting-not-found"],
    [409, "capability-unavailable"],
    [412, "revision-mismatch"],
    [422, "content-needs-video"],
    [428, "revision-required"],
    [502, "chime-refused"],
  ];
  for (const [status, code] of refusals) {
    const api = new Api([problem(status, code)]);
    await assert.rejects(
      api.meeting.mute(BOB),
      (error) => isProblem(error) && error.code === code && error.status === status,
    );
    assert.equal(api.asked.length, 1, code);
  }
  const api = new Api([json({ message: "Unauthorized" }, 401)]);
  await assert.rejects(api.meeting.get(), (error) => isProblem(error, "unauthorized"));
  assert.equal(api.asked.length, 1);
});

test("an error inside is tried again once", async () => {
  const api = new Api([problem(500, "internal-error")]);
  await assert.rejects(api.meeting.mute(BOB), (error) => isProblem(error, "internal-error"));
  assert.equal(api.asked.length, 2);
});

test("waits as long as it was told to, or longer each time", async () => {
  const told = new Api([problem(503, "busy", {}, { "Retry-After": "3" }), DONE]);
  await told.meeting.mute(BOB);
  assert.deepEqual(told.clock.waits, [3250]);
  const silent = new Api([LOST, LOST, LOST, LOST, DONE]);
  await silent.meeting.get();
  assert.deepEqual(silent.clock.waits, [250, 500, 1000, 2000]);
});

test("gives up after so many tries", async () => {
  const api = new Api([LOST], { retry: { tries: 3 } });
  const key = "of-my-own";
  await assert.rejects(
    api.meeting.mute(BOB, { idempotencyKey: key }),
    (error) =>
      error instanceof Unreachable && error.tries === 3 && error.idempotencyKey === key && error.cause === LOST,
  );
  assert.equal(api.asked.length, 3);
});

test("gives up when the time would be over before the next try", async () => {
  const api = new Api([problem(503, "busy", {}, { "Retry-After": "30" })], { retry: { within: "40s" } });
  await assert.rejects(api.meeting.mute(BOB), (error) => isProblem(error, "busy"));
  assert.equal(api.asked.length, 2);
});

test("a call can be called off, between tries and during one", async () => {
  const reason = new Error("the page is closed");
  const before = new AbortController();
  const api = new Api([() => (before.abort(reason), problem(503, "busy"))]);
  await assert.rejects(api.meeting.mute(BOB, { signal: before.signal }), reason);
  assert.equal(api.asked.length, 1);

  const during = new AbortController();
  const hangs = new Api([
    (request) =>
      new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
        during.abort(reason);
      }),
  ]);
  await assert.rejects(hangs.meeting.get({ signal: during.signal }), reason);
  assert.equal(hangs.asked.length, 1);
});

test("a token that can't be had is the page's own trouble", async () => {
  const trouble = new Error("nobody has logged in");
  const api = new Api([DONE], { token: () => Promise.reject(trouble) });
  await assert.rejects(api.meeting.get(), trouble);
  assert.equal(api.asked.length, 0);
});
