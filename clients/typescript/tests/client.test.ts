import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { pathOf, userInPath } from "../src/client.js";
import { DurationError, isProblem, Unsettled, type Meeting } from "../src/index.js";
import { Api, BOB, entryOf, json, MEETING, meetingOf, problem } from "./fixtures.js";

const DESCRIPTION = JSON.parse(readFileSync("../../docs/openapi.json", "utf8")) as {
  paths: Record<string, Record<string, Operation>>;
};
const ANSWER = {
  changeId: "c1",
  status: "applied",
  attendee: null,
  before: null,
  after: null,
  effects: [],
  items: [],
  cursor: "01",
};

interface Operation {
  requestBody?: unknown;
  responses: Record<string, unknown>;
}

test("wherever an attendee may stand, the person may: same body, same answer", () => {
  const attendee = "/meetings/{meetingId}/attendees/{attendeeId}";
  const routes = Object.keys(DESCRIPTION.paths).filter((route) => route.startsWith(attendee));
  assert.ok(routes.length > 8);
  for (const route of routes) {
    const twin = DESCRIPTION.paths[route.replace("/attendees/{attendeeId}", "/users/{externalUserId}")];
    for (const [method, operation] of Object.entries(DESCRIPTION.paths[route]!)) {
      if (route === attendee && method === "put") continue; // binds an attendee: a person can't be bound
      assert.deepEqual(twin?.[method]?.requestBody, operation.requestBody, `${method} ${route}`);
      assert.deepEqual(twin?.[method]?.responses["200"], operation.responses["200"], `${method} ${route}`);
    }
  }
});

test("every method sends what the description knows", async () => {
  const bob = { user: "bob" };
  const calls: [(meeting: Meeting) => Promise<unknown>, string, string][] = [
    [(m) => m.get(), "GET /meetings/{m}", ""],
    [(m) => m.me(), "GET /meetings/{m}/me", ""],
    [(m) => m.attendee(BOB), `GET /meetings/{m}/attendees/${BOB}`, ""],
    [(m) => m.attendee(bob), "GET /meetings/{m}/users/bob", ""],
    [(m) => m.hands(), "GET /meetings/{m}/hands", ""],
    [(m) => m.bans(), "GET /meetings/{m}/bans", ""],
    [(m) => m.lobby(), "GET /meetings/{m}/lobby", ""],
    [(m) => m.change("c1"), "GET /meetings/{m}/changes/c1", ""],
    [(m) => m.ticket(), "POST /meetings/{m}/live", ""],
    [
      (m) => m.mute(BOB, { for: "5m", media: "audio", reason: "noise", liftableBy: "self" }),
      `POST /meetings/{m}/attendees/${BOB}/mute`,
      '{"media":["audio"],"reason":"noise","durationSeconds":300,"liftableBy":"self"}',
    ],
    [(m) => m.mute(bob), "POST /meetings/{m}/users/bob/mute", "{}"],
    [
      (m) => m.unmute(bob, { media: ["audio", "video"] }),
      "POST /meetings/{m}/users/bob/unmute",
      '{"media":["audio","video"]}',
    ],
    [
      (m) => m.setCapabilities(bob, { video: "None" }, { reason: "why" }),
      "PATCH /meetings/{m}/users/bob/capabilities",
      '{"video":"None","reason":"why"}',
    ],
    [(m) => m.hold(bob), "POST /meetings/{m}/users/bob/hold", "{}"],
    [(m) => m.release(bob), "POST /meetings/{m}/users/bob/release", "{}"],
    [(m) => m.setRole(bob, "presenter"), "PUT /meetings/{m}/users/bob/role", '{"role":"presenter"}'],
    [
      (m) => m.remove(bob, { ban: true, until: new Date(0) }),
      "POST /meetings/{m}/users/bob/remove",
      '{"ban":true,"until":"1970-01-01T00:00:00.000Z"}',
    ],
    [
      (m) => m.muteSelected([BOB, bob, { user: "al/ice" }], { for: "5m", reason: "noise" }),
      "POST /meetings/{m}/mute",
      `{"reason":"noise","durationSeconds":300,"attendeeIds":["${BOB}"],"externalUserIds":["bob","al/ice"]}`,
    ],
    [
      (m) => m.unmuteSelected([bob], { media: "video" }),
      "POST /meetings/{m}/unmute",
      '{"media":["video"],"externalUserIds":["bob"]}',
    ],
    [(m) => m.lowerHands([bob]), "POST /meetings/{m}/hands/lower", '{"externalUserIds":["bob"]}'],
    [(m) => m.setRoles([BOB], "viewer"), "POST /meetings/{m}/roles", `{"role":"viewer","attendeeIds":["${BOB}"]}`],
    [
      (m) => m.removeSelected([bob], { ban: true, reason: "why" }),
      "POST /meetings/{m}/remove",
      '{"ban":true,"reason":"why","externalUserIds":["bob"]}',
    ],
    [(m) => m.ban(bob, { reason: "why" }), "PUT /meetings/{m}/bans/bob", '{"reason":"why"}'],
    [(m) => m.unban(bob), "DELETE /meetings/{m}/bans/bob", ""],
    [(m) => m.admit(bob), "PUT /meetings/{m}/lobby/bob", '{"admit":true}'],
    [
      (m) => m.admit(bob, { admit: false, reason: "full" }),
      "PUT /meetings/{m}/lobby/bob",
      '{"admit":false,"reason":"full"}',
    ],
    [(m) => m.raiseHand(BOB), `PUT /meetings/{m}/attendees/${BOB}/hand`, "{}"],
    [(m) => m.lowerHand(BOB), `DELETE /meetings/{m}/attendees/${BOB}/hand`, ""],
    [(m) => m.lowerAllHands({ reason: "next topic" }), "POST /meetings/{m}/hands/lower-all", '{"reason":"next topic"}'],
    [
      (m) => m.grantFloor(bob, { for: "90s", exclusive: true }),
      "POST /meetings/{m}/users/bob/floor",
      '{"durationSeconds":90,"exclusive":true}',
    ],
    [(m) => m.endFloor(bob), "DELETE /meetings/{m}/users/bob/floor", ""],
    [
      (m) => m.consent(BOB, "c1", true),
      `PUT /meetings/{m}/attendees/${BOB}/consent`,
      '{"changeId":"c1","accept":true}',
    ],
    [
      (m) => m.muteAll({ for: 60, except: { roles: ["host"] } }),
      "POST /meetings/{m}/mute-all",
      '{"durationSeconds":60,"except":{"roles":["host"]}}',
    ],
    [(m) => m.unmuteAll(), "POST /meetings/{m}/unmute-all", "{}"],
    [(m) => m.setMode("audience"), "PATCH /meetings/{m}", '{"mode":"audience"}'],
    [(m) => m.freeze({ reason: "vote" }), "PATCH /meetings/{m}", '{"frozen":true,"reason":"vote"}'],
    [(m) => m.unfreeze(), "PATCH /meetings/{m}", '{"frozen":false}'],
    [
      (m) => m.settings({ unmuteConsent: "required", lobby: true }),
      "PATCH /meetings/{m}",
      '{"unmuteConsent":"required","lobby":true}',
    ],
    [(m) => m.undo("c1"), "POST /meetings/{m}/undo", '{"changeId":"c1"}'],
    [(m) => m.end(), "POST /meetings/{m}/end", "{}"],
    [(m) => m.register({ roles: { alice: "host" } }), "PUT /meetings/{m}", '{"roles":{"alice":"host"}}'],
    [
      (m) => m.admissions([{ externalUserId: "bob" }]),
      "POST /meetings/{m}/admissions",
      '{"users":[{"externalUserId":"bob"}]}',
    ],
    [(m) => m.bind(BOB), `PUT /meetings/{m}/attendees/${BOB}`, "{}"],
    [(m) => m.bind(BOB, { displayName: "Zoë" }), `PUT /meetings/{m}/attendees/${BOB}`, '{"displayName":"Zoë"}'],
  ];
  for (const [call, line, body] of calls) {
    const api = new Api([json(ANSWER)]);
    await call(api.meeting);
    const { method, url, headers } = api.last;
    assert.deepEqual([`${method} ${new URL(url).pathname.replace(MEETING, "{m}")}`, api.bodies.at(-1)], [line, body]);
    const writes = method !== "GET" && !url.endsWith("/live");
    assert.equal(headers.has("Idempotency-Key"), writes, line);
  }
});

test("what a call may have besides", async () => {
  const api = new Api([json(ANSWER)], { onBehalfOf: "alice" });
  await api.meeting.mute(BOB, { dryRun: true, ifMatch: "p3.m7" });
  assert.ok(api.last.url.endsWith("/mute?dryRun=true"));
  assert.deepEqual(
    ["If-Match", "Idempotency-Key", "Gavel-On-Behalf-Of"].map((name) => api.last.headers.get(name)),
    ['"p3.m7"', null, "alice"],
  );
  await api.meeting.mute(BOB, { onBehalfOf: "a/b é", ifMatch: '"p3.m7"', idempotencyKey: "mine" });
  assert.ok(!api.last.url.includes("?"));
  assert.deepEqual(
    ["If-Match", "Idempotency-Key", "Gavel-On-Behalf-Of"].map((name) => api.last.headers.get(name)),
    ['"p3.m7"', "mine", "~YS9iIMOp"],
  );
});

test("ids in paths", () => {
  assert.equal(userInPath("bob@example.com"), "bob%40example.com");
  assert.equal(userInPath("a/b"), "~YS9i");
  assert.equal(userInPath(".."), "~Li4");
  assert.equal(userInPath("/~>>"), "~L34-Pg");
  assert.equal(Buffer.from(userInPath("ÿ/«»~?").slice(1), "base64url").toString(), "ÿ/«»~?");
  assert.equal(
    pathOf("/meetings/{meetingId}/attendees/{attendeeId}/mute", { meetingId: "m", attendeeId: "a#content" }),
    "/meetings/m/attendees/a%23content/mute",
  );
  assert.equal(
    pathOf("/meetings/{meetingId}/attendees/{attendeeId}/mute", { meetingId: "m", attendeeId: "user:a/b" }),
    "/meetings/m/users/~YS9i/mute",
  );
});

test("nonsense is refused here, and nothing is sent", async () => {
  const api = new Api([json(ANSWER)]);
  await assert.rejects(api.meeting.mute(BOB, { for: "5 minutes" as "5m" }), DurationError);
  await assert.rejects(api.meeting.ban({ user: "bob" }, { until: "tomorrow" }), RangeError);
  // @ts-expect-error a bare text is an attendee; who is kept out is a person
  void (() => api.meeting.ban("bob"));
  assert.equal(api.asked.length, 0);
});

test("attendees come page by page", async () => {
  const pages = () => [
    json({ items: [{ attendeeId: "a1" }, { attendeeId: "a2" }], nextToken: "a2" }),
    json({ items: [{ attendeeId: "a3" }], nextToken: null }),
  ];
  const api = new Api([...pages(), ...pages()]);
  const found: (string | null)[] = [];
  for await (const { attendeeId } of api.meeting.attendees({ limit: 2 })) found.push(attendeeId);
  assert.deepEqual(found, ["a1", "a2", "a3"]);
  const again: (string | null)[] = [];
  for await (const { attendeeId } of api.meeting.attendees({ first: 2, limit: 9 })) again.push(attendeeId);
  assert.deepEqual(again, found);
  assert.deepEqual(
    api.asked.map(({ url }) => new URL(url).search),
    ["?limit=2", "?limit=2&nextToken=a2", "?limit=2", "?limit=9&nextToken=a2"],
  );
});

test("meetings come page by page, filtered", async () => {
  const pages = [
    json({ items: [meetingOf(), meetingOf({ revision: "m2" })], nextToken: "t" }),
    json({ items: [meetingOf({ revision: "m3" })], nextToken: null }),
  ];
  const api = new Api(pages, { onBehalfOf: "zoë" });
  const wanted = { externalMeetingId: "room 7", user: "bob", from: new Date(0), to: "2026-05-04T10:00:00Z", limit: 2 };
  const found: string[] = [];
  for await (const { revision } of api.gavel.meetings.list(wanted)) found.push(revision);
  assert.deepEqual(found, ["m1", "m2", "m3"]);
  const [first, second] = api.asked.map(({ url }) => new URL(url));
  assert.equal(first!.pathname, "/meetings");
  assert.deepEqual(Object.fromEntries(first!.searchParams), {
    externalMeetingId: "room 7",
    user: "bob",
    from: "1970-01-01T00:00:00.000Z",
    to: "2026-05-04T10:00:00.000Z",
    limit: "2",
  });
  assert.equal(second!.searchParams.get("nextToken"), "t");
  assert.equal(api.last.headers.get("Gavel-On-Behalf-Of"), "zo%C3%AB");
});

test("history: each entry once, more at once where the cursor can't pass yet, and the cursor is kept", async () => {
  const page = (ids: string[], cursor: string) => json({ items: ids.map((id) => entryOf(id)), cursor });
  const api = new Api([page(["1", "2"], "0"), page(["1", "2"], "0"), page(["1", "2", "3"], "3")]);
  const history = api.meeting.history({ after: "0", limit: 2, who: { user: "bob" } });
  const found: string[] = [];
  for await (const { entryId } of history) found.push(entryId);
  assert.deepEqual([found, history.cursor, api.clock.waits], [["1", "2", "3"], "3", []]);
  const asked = api.asked.map(({ url }) => new URL(url).search);
  assert.deepEqual(
    asked,
    ["2", "2", "4"].map((limit) => `?after=0&limit=${limit}&externalUserId=bob`),
  );

  const full = Array.from({ length: 100 }, (_, index) => `${index}`);
  const busy = new Api([page(full, "0"), page(full, "0"), page([], "9")]);
  for await (const _ of busy.meeting.history());
  assert.deepEqual(busy.clock.waits, [1000]);
});

test("a pending change is asked for until it is settled", async () => {
  const change = (status: string) => json({ changeId: "c1", status });
  const api = new Api([change("pending"), change("pending"), change("declined")]);
  assert.equal((await api.meeting.settled({ changeId: "c1" }))?.status, "declined");
  assert.equal(await api.meeting.settled({ changeId: null }), null);
  assert.equal(api.asked.length, 3);

  const endless = new Api([change("pending")]);
  await assert.rejects(
    endless.meeting.settled("c1", { within: "10s" }),
    (error) => error instanceof Unsettled && error.change.status === "pending",
  );
  assert.equal(endless.clock.time, 10_000);
  const gone = new Api([problem(404, "change-not-found")]);
  await assert.rejects(gone.meeting.settled("c1"), (error) => isProblem(error, "change-not-found"));
});
