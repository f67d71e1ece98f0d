import assert from "node:assert/strict";
import { test } from "node:test";

import { isProblem, Problem, type Limit } from "../src/index.js";
import { Api, BOB, json, problem } from "./fixtures.js";

async function refused(answer: Response): Promise<Problem> {
  const error = await new Api([answer], { retry: { tries: 1 } }).meeting.unmute(BOB).then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(isProblem(error), String(error));
  return error;
}

test("a problem has all that the answer says", async () => {
  const limits: Limit[] = [{ media: ["audio"], withholds: "send", by: "mute-all" }];
  const found = await refused(problem(409, "capability-unavailable", { limits }));
  assert.ok(found instanceof Error);
  assert.deepEqual([found.status, found.detail, found.limits, found.policies], [409, "so it is", limits, []]);
  assert.equal(found.message, "409 capability-unavailable: so it is");
  assert.deepEqual((await refused(problem(403, "not-permitted", { policies: ["no-permit"] }))).policies, ["no-permit"]);
  assert.deepEqual(
    (await refused(problem(400, "invalid-request", { errors: [{ pointer: "/media/0", detail: "?" }] }))).errors[0]
      ?.pointer,
    "/media/0",
  );
});

test("what the gateway says by itself has a code, too", async () => {
  const codes = { 401: "unauthorized", 413: "payload-too-large", 429: "too-many-requests", 503: "gateway" };
  for (const [status, code] of Object.entries(codes)) {
    const found = await refused(json({ message: "in its own form" }, Number(status)));
    assert.deepEqual([found.code, found.detail, found.status], [code, "in its own form", Number(status)]);
  }
  assert.equal((await refused(new Response("<html>", { status: 502 }))).code, "gateway");
});

test("the guard narrows", () => {
  const error: unknown = new Problem(409, "last-host");
  assert.ok(isProblem(error, "not-undoable", "last-host"));
  const code: "not-undoable" | "last-host" = error.code;
  assert.equal(code, "last-host");
  assert.ok(!isProblem(error, "busy"));
  assert.ok(!isProblem(new Error("last-host")));
  // @ts-expect-error there is no such code
  isProblem(error, "lost-host");
});
