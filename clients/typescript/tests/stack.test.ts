/** Against a stack that runs: `source .local/env` while `make run` is up. Without one these tests are skipped. */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import WebSocket from "ws";

import {
  bindToChime,
  Gavel,
  isProblem,
  type AudioVideo,
  type Live,
  type LiveState,
  type Meeting,
  type SocketMaker,
} from "../src/index.js";
import { EVERYTHING, MUTED } from "./fixtures.js";

const { GAVEL_URL: url, GAVEL_ISSUER_URL: issuer, CHIME_ENDPOINT_URL: chime } = process.env;
const skip = url && issuer && chime ? false : "no stack runs";
const REGION = "us-east-1";
const open = new Set<Live>();
const PATIENCE = 45_000;

after(() => open.forEach((live) => live.close()));

test("from a token to a mute, and back", { skip }, async () => {
  const demo = await demoMeeting();
  const { alice, bob } = demo;
  assert.equal((await alice.me()).role, "host");
  assert.ok((await bob.me()).may.includes("raise-hand"));
  const muted = await alice.mute(demo.attendee.bob, { for: "5m", media: "audio", reason: "noise" });
  assert.deepEqual([muted.status, muted.after, muted.effects], ["applied", MUTED, ["content-audio-may-flow"]]);
  assert.deepEqual(await demo.has("bob"), MUTED);
  const limit = (await bob.attendee(demo.attendee.bob)).limits?.[0];
  assert.deepEqual([limit?.reason, limit?.actor, limit?.remainingSeconds! > 290], ["noise", "alice", true]);
  assert.equal((await alice.mute(demo.attendee.bob, { for: "5m", reason: "noise", dryRun: true })).status, "dry-run");
  const undone = await alice.undo(muted.changeId!);
  assert.equal(undone.status, "applied");
  assert.deepEqual(await demo.has("bob"), EVERYTHING);
  await alice.mute({ user: "bob" });
  const lifted = await alice.unmute({ user: "bob" });
  assert.deepEqual([lifted.after, lifted.effects], [EVERYTHING, ["audio-may-flow"]]);
  const ids: (string | null)[] = [];
  for await (const entry of alice.history({ limit: 3 })) ids.push(entry.entryId);
  assert.ok(ids.length >= 8);
  assert.equal(new Set(ids).size, ids.length);
});

test("the same key gets the same answer, and problems have their words", { skip }, async () => {
  const { alice, bob, attendee, gavel, meetingId } = await demoMeeting();
  const idempotencyKey = crypto.randomUUID();
  const first = await alice.mute(attendee.bob, { idempotencyKey });
  assert.equal((await alice.mute(attendee.bob, { idempotencyKey })).changeId, first.changeId);
  await assert.rejects(alice.mute(attendee.bob, { idempotencyKey, reason: "another" }), (e) =>
    isProblem(e, "idempotency-key-reused"),
  );
  await assert.rejects(bob.mute(attendee.alice), (e) => isProblem(e, "not-permitted") && e.policies.length > 0);
  await assert.rejects(alice.mute(attendee.bob, { ifMatch: "p1.m1" }), (e) => isProblem(e, "revision-mismatch"));
  await alice.freeze();
  await assert.rejects(
    alice.unmute(attendee.bob),
    (e) => isProblem(e, "capability-unavailable") && e.limits.some(({ by }) => by === "freeze"),
  );
  await alice.unfreeze();
  await assert.rejects(
    alice.mute(attendee.bob, { reason: "x".repeat(501) }),
    (e) => isProblem(e, "invalid-request") && e.errors[0]?.pointer === "/reason",
  );
  await assert.rejects(gavel("mallory").meeting(meetingId).me(), (e) => isProblem(e, "not-permitted"));
  await assert.rejects(new Gavel({ url: url!, token: () => "nonsense" }).meeting(meetingId).me(), (e) =>
    isProblem(e, "unauthorized"),
  );
});

test("the server answers a heartbeat", { skip }, async () => {
  const { alice } = await demoMeeting();
  const socket = new WebSocket((await alice.ticket()).url);
  await new Promise((resolve) => socket.once("open", resolve));
  const answer = new Promise<string>((resolve) => socket.once("message", (data) => resolve(String(data))));
  socket.send(JSON.stringify({ action: "ping" }));
  assert.deepEqual(JSON.parse(await answer), { type: "pong" });
  socket.close();
});

test("everybody: people, roles, hands, the floor, bans, mute-all", { skip }, async () => {
  const { alice, bob, attendee } = await demoMeeting();
  const names: string[] = [];
  for await (const attendee of bob.attendees({ limit: 1 })) names.push(attendee.externalUserId);
  assert.deepEqual(names.sort(), ["a/b", "alice", "bob"]);
  await bob.raiseHand(attendee.bob);
  assert.deepEqual(
    (await alice.hands()).map(({ externalUserId }) => externalUserId),
    ["bob"],
  );
  const all = await alice.muteAll({ media: ["audio", "content"] });
  assert.deepEqual(all.outcomes.map(({ outcome }) => outcome).sort(), ["applied", "applied", "spared"]);
  await alice.grantFloor(attendee.bob, { for: "1m" });
  assert.equal((await bob.attendee(attendee.bob)).capabilities.audio, "SendReceive");
  assert.deepEqual(await alice.hands(), []);
  await alice.endFloor(attendee.bob);
  await alice.unmuteAll({ media: ["audio", "content"] });
  assert.equal((await alice.setRole({ user: "a/b" }, "presenter")).attendee?.role, "presenter");
  assert.equal((await alice.setMode("audience")).meeting.mode, "audience");
  assert.equal((await alice.settings({ lobby: true })).meeting.lobby, true);
  await alice.hold(attendee.bob);
  await alice.release(attendee.bob);
  await alice.remove({ user: "a/b" }, { ban: true, reason: "spam" });
  assert.deepEqual(
    (await alice.bans()).map(({ externalUserId, reason }) => [externalUserId, reason]),
    [["a/b", "spam"]],
  );
  await alice.unban({ user: "a/b" });
  assert.deepEqual(await alice.bans(), []);
});

test("a back end registers, admits and binds", { skip }, async () => {
  const { backEnd, alice } = await demoMeeting({ lobby: true });
  const [dora, alicesOwn] = await backEnd.admissions([{ externalUserId: "dora" }, { externalUserId: "alice" }]);
  assert.deepEqual([dora?.code, alicesOwn?.admitted], ["waiting", true]);
  assert.deepEqual(
    (await alice.lobby()).map(({ externalUserId }) => externalUserId),
    ["dora"],
  );
  const waiting = await backEnd.admissions([{ externalUserId: "emil" }]);
  assert.equal(waiting[0]?.code, "waiting");
  await backEnd.leaveLobby({ user: "emil" });
  assert.equal((await alice.lobby()).length, 1);
  await alice.admit({ user: "dora" });
  assert.equal((await backEnd.admissions([{ externalUserId: "dora" }]))[0]?.admitted, true);
});

for (const [name, WebSocketMaker] of [
  ["ws", WebSocket],
  ["the platform's", undefined],
] as const) {
  const missing = WebSocketMaker || globalThis.WebSocket ? skip : "this Node.js has no WebSocket";
  test(`live over ${name} WebSocket: a mute shows on both pages`, { skip: missing }, async () => {
    const demo = await demoMeeting({}, WebSocketMaker);
    const lives = [listen(demo.alice), listen(demo.bob)];
    for (const live of lives) await comesTo(live, "a snapshot");
    const has = (audio: string) => (state: LiveState) => {
      const attendee = state.attendees.get(demo.attendee.bob);
      return attendee?.capabilities.audio === audio && attendee.status === "applied";
    };
    assert.ok(has("SendReceive")(lives[0]!.state));
    await demo.alice.mute(demo.attendee.bob, { reason: "noise" });
    for (const live of lives) await comesTo(live, "bob is muted", has("Receive"));
    assert.equal(lives[1]!.state.me?.attendee?.limits?.[0]?.reason, "noise");
    await demo.bob.raiseHand(demo.attendee.bob);
    await comesTo(lives[0]!, "bob's hand is up", ({ hands }) => hands[0]?.externalUserId === "bob");
    await comesTo(lives[0]!, "it is told", ({ history }) => history.some(({ command }) => command === "raise-hand"));
  });
}

test("bound to the SDK: muted first, asked, answered, and heard only when the person unmutes", { skip }, async () => {
  const demo = await demoMeeting({ unmuteConsent: "muted-first" });
  const page = new Page();
  const binding = bindToChime(page, demo.bob, demo.attendee.bob, {
    onMayUnmute: () => page.done.push("offered"),
    onError: assert.ifError,
  });
  open.add(binding.live);
  await comesTo(binding.live, "a snapshot");
  assert.deepEqual([page.done, binding.maySend.audio], [["may true"], true]);
  await demo.alice.mute(demo.attendee.bob);
  await comesTo(binding.live, "bob is silenced", () => !page.mayUnmute);
  page.muted = false; // the hot microphone
  const asked = await demo.alice.unmute(demo.attendee.bob);
  assert.deepEqual([asked.status, asked.awaiting], ["pending", "consent"]);
  assert.equal((await demo.alice.settled(asked, { within: "60s" }))?.status, "applied");
  assert.ok(page.muted, "muted before anything flowed");
  await comesTo(binding.live, "bob may unmute", () => page.done.includes("offered"));
  assert.ok(page.muted && page.mayUnmute);
  assert.deepEqual(await demo.has("bob"), EVERYTHING);
  binding.dispose();
  assert.equal((await binding.live.closed).code, "stopped");
});

test("with consent required, the person declines", { skip }, async () => {
  const demo = await demoMeeting({ unmuteConsent: "required" });
  const binding = bindToChime(new Page(), demo.bob, demo.attendee.bob, {
    onConsentRequested: ({ actor }) => actor !== "alice",
  });
  open.add(binding.live);
  await comesTo(binding.live, "a snapshot");
  await demo.alice.mute(demo.attendee.bob);
  const asked = await demo.alice.unmute(demo.attendee.bob);
  assert.equal((await demo.alice.settled(asked, { within: "60s" }))?.status, "declined");
  assert.deepEqual(await demo.has("bob"), MUTED);
});

class Page implements AudioVideo {
  muted = false;
  mayUnmute = true;
  readonly done: string[] = [];
  realtimeMuteLocalAudio() {
    this.muted = true;
  }
  realtimeIsLocalAudioMuted() {
    return this.muted;
  }
  realtimeSetCanUnmuteLocalAudio(may: boolean) {
    this.done.push(`may ${may}`);
    this.mayUnmute = may;
  }
  startLocalVideoTile() {
    return 1;
  }
  stopLocalVideoTile() {
    this.done.push("stop");
  }
  hasStartedLocalVideoTile() {
    return false;
  }
}

function listen(meeting: Meeting): Live {
  const live = meeting.live();
  open.add(live);
  return live;
}

/** Woken by every message. */
async function comesTo(live: Live, what: string, condition?: (state: LiveState) => boolean): Promise<void> {
  await live.when(condition, AbortSignal.timeout(PATIENCE)).catch((error: unknown) => {
    const { attendees, hands, history, me, complete } = live.state;
    const shown = {
      attendees: [...attendees.values()],
      hands,
      me,
      complete,
      history: history.map(({ type, command }) => [type, command]),
    };
    assert.fail(`it did not come to that: ${what}: ${String(error)} ${JSON.stringify(shown)}`);
  });
}

async function demoMeeting(
  settings: object = {},
  maker: SocketMaker | undefined = globalThis.WebSocket ? undefined : WebSocket,
) {
  const meetingId: string = (
    await amazon("POST", "/meetings", {
      ClientRequestToken: crypto.randomUUID(),
      ExternalMeetingId: "lesson",
      MediaRegion: REGION,
    })
  ).Meeting.MeetingId;
  const join = async (user: string): Promise<string> =>
    (await amazon("POST", `/meetings/${meetingId}/attendees`, { ExternalUserId: user })).Attendee.AttendeeId;
  const gavel = (sub: string, scope?: string) =>
    new Gavel({ url: url!, token: () => tokenOf(sub, scope), ...(maker && { WebSocket: maker }) });
  const attendee = { alice: await join("alice"), bob: await join("bob"), other: await join("a/b") };
  const backEnd = gavel("back-end", "gavel/admin").meeting(meetingId);
  await backEnd.register({ roles: { alice: "host", bob: "participant", "a/b": "participant" }, ...settings });
  const has = async (user: "alice" | "bob") => {
    const { Audio, Video, Content } = (await amazon("GET", `/meetings/${meetingId}/attendees/${attendee[user]}`))
      .Attendee.Capabilities;
    return { audio: Audio, video: Video, content: Content };
  };
  return {
    meetingId,
    attendee,
    gavel,
    backEnd,
    alice: gavel("alice").meeting(meetingId),
    bob: gavel("bob").meeting(meetingId),
    has,
  };
}

async function tokenOf(sub: string, scope?: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, { method: "POST", body: JSON.stringify({ sub, scope }) });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** The simulator looks at the form of a signature, as nobody but AWS could look at more. */
async function amazon(method: string, path: string, body?: object): Promise<any> {
  const authorization = `AWS4-HMAC-SHA256 Credential=local/20260101/${REGION}/chime/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`;
  const answer = await fetch(`${chime}${path}`, {
    method,
    headers: { authorization, "content-type": "application/json" },
    body: body ? JSON.stringify(body) : null,
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}
