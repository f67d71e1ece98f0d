import assert from "node:assert/strict";
import { test } from "node:test";

import {
  bindToChime,
  NOTHING_KNOWN,
  take,
  type AudioVideo,
  type BindOptions,
  type Live,
  type LiveState,
  type Told,
} from "../src/index.js";
import { Api, attendeeOf, BOB, entryOf, EVERYTHING, json, MUTED, problem, until } from "./fixtures.js";

/** As the SDK behaves: it knows nothing of the server, and refuses to unmute while it may not. */
class Facade implements AudioVideo {
  muted = false;
  mayUnmute = true;
  camera = true;
  readonly done: string[] = [];
  realtimeMuteLocalAudio() {
    this.done.push("mute");
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
    this.done.push("start");
    this.camera = true;
    return 1;
  }
  stopLocalVideoTile() {
    this.done.push("stop");
    this.camera = false;
  }
  hasStartedLocalVideoTile() {
    return this.camera;
  }
  unmute() {
    if (this.mayUnmute) this.muted = false;
  }
}

const NO_CAMERA = { ...EVERYTHING, video: "Receive" } as const;
const DARK = { ...MUTED, video: "Receive" } as const;

function bound(options: BindOptions = {}, answers: Response[] = [json({ changeId: "c1", status: "applied" })]) {
  const api = new Api(answers, { retry: { tries: 1 } });
  const facade = new Facade();
  const listeners = new Set<(state: LiveState, message: Told) => void>();
  let [state, revision] = [NOTHING_KNOWN, 0];
  const errors: unknown[] = [];
  const live = {
    get state() {
      return state;
    },
    subscribe(listener: (state: LiveState, message: Told) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      assert.fail("the page's own subscription stays open");
    },
  } as unknown as Live;
  const tell = (message: Partial<Told>) => {
    const told: Told = { type: "change", part: 1, ...message };
    state = take(state, told);
    for (const listener of listeners) listener(state, told);
  };
  const has = (said: Parameters<typeof attendeeOf>[0]) =>
    tell({ attendees: [attendeeOf({ revision: `p${++revision}.m1`, ...said })] });
  const asked = (kind: "muted-first" | "required", changeId = "c1") =>
    has({
      capabilities: MUTED,
      asked: { changeId, kind, actor: "alice", since: "", until: "", remainingSeconds: 60 },
    });
  const onError = (error: unknown) => errors.push(error);
  const binding = bindToChime(facade, api.meeting, BOB, { live, onError, toggleMilliseconds: 0, ...options });
  return { api, facade, tell, has, asked, binding, errors, revision: () => revision };
}

test("a user who may speak is left alone", () => {
  const { facade, has, binding } = bound();
  has({ capabilities: EVERYTHING });
  assert.deepEqual([facade.done, facade.muted, binding.maySend], [["may true"], false, { audio: true, video: true }]);
});

test("a mute shows in the SDK, and its end opens no microphone", () => {
  const told: string[] = [];
  const { facade, has } = bound({
    onSilenced: () => told.push("silenced"),
    onMayUnmute: () => told.push("may unmute"),
  });
  has({ capabilities: EVERYTHING });
  has({ capabilities: MUTED });
  facade.unmute();
  assert.deepEqual([facade.muted, facade.mayUnmute], [true, false]);
  facade.muted = false; // a page that opened it on its own, past the SDK
  facade.done.length = 0;
  has({ capabilities: EVERYTHING });
  assert.deepEqual(facade.done, ["mute", "may true"]);
  assert.ok(facade.muted);
  assert.deepEqual(told, ["silenced", "may unmute"]);
  facade.unmute();
  assert.ok(!facade.muted);
});

test("what Chime has not taken yet is still withheld, and what it had is not taken away for that", () => {
  const { facade, has } = bound();
  has({ capabilities: MUTED });
  has({ capabilities: EVERYTHING, status: "pending" });
  assert.ok(!facade.mayUnmute);
  has({ capabilities: EVERYTHING, status: "applied" });
  assert.ok(facade.mayUnmute);
  has({ capabilities: NO_CAMERA, status: "pending" });
  assert.ok(facade.mayUnmute);
});

test("muted first: muted, then answered, and never unmuted", async () => {
  const { api, facade, asked, has } = bound();
  has({ capabilities: EVERYTHING });
  has({ capabilities: MUTED });
  facade.muted = false;
  asked("muted-first");
  await until(() => api.asked.length === 1, "it is answered");
  assert.deepEqual(
    [api.last.method, new URL(api.last.url).pathname.split("/").slice(-2), api.bodies],
    ["PUT", [BOB, "consent"], ['{"changeId":"c1","accept":true}']],
  );
  assert.ok(facade.muted);
  asked("muted-first");
  has({ capabilities: EVERYTHING });
  assert.ok(facade.muted && facade.mayUnmute);
  assert.equal(api.asked.length, 1, "a request is answered once");
});

test("what can't be muted is not answered for", async () => {
  const { api, facade, asked, errors } = bound();
  facade.realtimeIsLocalAudioMuted = () => false;
  asked("muted-first");
  await until(() => errors.length === 1, "the page hears of it");
  assert.equal(api.asked.length, 0);
});

test("required: the person answers, and no answer is none", async () => {
  for (const [answer, bodies] of [
    [true, ['{"changeId":"c1","accept":true}']],
    [false, ['{"changeId":"c1","accept":false}']],
    [undefined, []],
  ] as const) {
    const said: string[] = [];
    const { api, facade, asked } = bound({ onConsentRequested: async (request) => (said.push(request.actor), answer) });
    asked("required");
    await until(() => api.bodies.length === bodies.length && said.length === 1, "the person was asked");
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([api.bodies, said], [bodies, ["alice"]]);
    assert.ok(facade.muted);
  }
  const { api, asked } = bound();
  asked("required");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(api.asked.length, 0, "a page that asks nobody answers nothing");
});

test("a request that is over takes its question along; the next one is asked anew", async () => {
  const signals: AbortSignal[] = [];
  let answer: (accept: boolean) => void = () => undefined;
  const { api, facade, asked, has } = bound({
    onConsentRequested: (_, signal) => (signals.push(signal), new Promise((resolve) => (answer = resolve))),
  });
  asked("required", "c1");
  has({ capabilities: MUTED });
  assert.ok(signals[0]!.aborted);
  facade.done.length = 0;
  answer(true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(facade.done, []);
  asked("required", "c2");
  answer(true);
  await until(() => api.asked.length === 1, "the second is answered");
  assert.deepEqual([api.bodies, signals.length, signals[1]!.aborted], [['{"changeId":"c2","accept":true}'], 2, false]);
});

test("a request that another device has answered is no trouble, others are the page's", async () => {
  const first = bound({}, [problem(409, "no-request")]);
  first.asked("muted-first");
  await until(() => first.api.asked.length === 1, "it is answered");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(first.errors, []);
  const second = bound({}, [problem(403, "not-permitted")]);
  second.asked("muted-first");
  await until(() => second.errors.length === 1, "the page hears of it");
});

test("the camera goes off when it is taken away, and on again if it was on", async () => {
  const { facade, has } = bound();
  has({ capabilities: EVERYTHING });
  has({ capabilities: NO_CAMERA });
  assert.ok(!facade.camera);
  has({ capabilities: EVERYTHING });
  await until(() => facade.camera, "it is on again");
  assert.deepEqual(facade.done, ["may true", "stop", "start"]);
});

test("a camera that was off stays off; one that runs unseen is toggled", async () => {
  const off = bound();
  off.facade.camera = false;
  off.has({ capabilities: NO_CAMERA });
  off.has({ capabilities: EVERYTHING });
  const unseen = bound();
  unseen.has({ capabilities: NO_CAMERA });
  unseen.facade.camera = true; // the page started it, and nobody sees it
  unseen.facade.done.length = 0;
  unseen.has({ capabilities: EVERYTHING });
  await until(() => unseen.facade.done.includes("start"), "it is toggled");
  assert.deepEqual(unseen.facade.done, ["stop", "start"]);
  assert.deepEqual(off.facade.done, ["may true"]);
});

test("a user may be asked before their camera goes on, and what is taken away meanwhile stays away", async () => {
  let answer: (back: boolean) => void = () => undefined;
  const { facade, has } = bound({ onCameraBack: () => new Promise((resolve) => (answer = resolve)) });
  has({ capabilities: EVERYTHING });
  has({ capabilities: NO_CAMERA });
  has({ capabilities: EVERYTHING });
  has({ capabilities: NO_CAMERA });
  answer(true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!facade.camera);
  has({ capabilities: EVERYTHING });
  answer(true);
  await until(() => facade.camera, "the second answer counts");
});

test("effects tell what two changes at once hide, once, and not what is past", async () => {
  const { facade, has, tell, revision } = bound();
  has({ capabilities: EVERYTHING });
  const effects = ["audio-may-flow", "renegotiation-needed"];
  const entry = entryOf("01A", {
    revision: "p9.m1",
    attendees: [{ attendeeId: BOB, before: DARK, after: EVERYTHING, effects }],
  });
  tell({ type: "snapshot", part: 2, entries: [{ ...entry, entryId: "010" }] });
  assert.ok(!facade.muted, "what a snapshot tells was missed, and is past");
  tell({ entries: [entry] });
  assert.ok(facade.muted);
  await until(() => facade.done.includes("start"), "the camera is toggled");
  facade.unmute();
  tell({ entries: [entry] });
  tell({ entries: [entryOf("01B", { revision: `p${revision()}.m1`, attendees: [{ attendeeId: BOB, effects }] })] });
  tell({ entries: [entryOf("01C", { revision: "p10.m1", attendees: [{ attendeeId: "another", effects }] })] });
  assert.ok(!facade.muted);
});

test("a transition counts once: its later entry mutes nobody who has unmuted themselves", () => {
  const { facade, has, tell, revision } = bound();
  has({ capabilities: MUTED });
  has({ capabilities: EVERYTHING });
  facade.unmute();
  tell({
    entries: [
      entryOf("01A", { revision: `p${revision()}.m1`, attendees: [{ attendeeId: BOB, effects: ["audio-may-flow"] }] }),
    ],
  });
  tell({
    entries: [entryOf("01B", { revision: "m1", attendees: [{ attendeeId: BOB, effects: ["audio-may-flow"] }] })],
  });
  assert.ok(!facade.muted);
});

test("a screen share that may be sent again leaves the camera alone", () => {
  const { facade, has, tell } = bound();
  has({ capabilities: EVERYTHING });
  const change = {
    before: { ...EVERYTHING, content: "Receive" },
    after: EVERYTHING,
    effects: ["renegotiation-needed"],
  };
  tell({ entries: [entryOf("01A", { revision: "p9.m1", attendees: [{ attendeeId: BOB, ...change }] })] });
  assert.deepEqual(facade.done, ["may true"]);
});

test("after dispose nothing is touched any more", async () => {
  const { facade, has, asked, binding, api } = bound();
  has({ capabilities: EVERYTHING });
  binding.dispose();
  facade.done.length = 0;
  has({ capabilities: DARK });
  asked("muted-first");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([facade.done, api.asked.length], [[], 0]);
});
