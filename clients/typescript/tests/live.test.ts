import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { LiveOver, type Socket, type Told } from "../src/index.js";
import { Api, attendeeOf, json, meetingOf, problem, until } from "./fixtures.js";

class Line implements Socket {
  static made: Line[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: { action: string; after?: string }[] = [];
  readonly url: string;
  closed = false;

  constructor(url: string) {
    this.url = url;
    Line.made.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { action: string });
  }

  close(): void {
    this.closed = true;
  }

  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const SNAPSHOT: Told = {
  type: "snapshot",
  part: 1,
  meeting: meetingOf(),
  attendees: [attendeeOf()],
  complete: true,
  more: false,
  cursor: "05",
};

function ticket(number = 1): Response {
  return json({
    url: `wss://live.example/?ticket=${number}`,
    ticket: String(number),
    expiresAt: "",
    cursor: `0${number}`,
  });
}

function listening(...answers: Response[]) {
  Line.made = [];
  const api = new Api(answers.length ? answers : [ticket(1), ticket(2), ticket(3)], { WebSocket: Line });
  const live = api.meeting.live();
  const line = async (number: number) => {
    await until(() => Line.made.length >= number, `line ${number}`);
    return Line.made[number - 1]!;
  };
  return { api, live, line };
}

test("a ticket, a connection, listen, and a state", async () => {
  const { api, live, line } = listening();
  const first = await line(1);
  assert.equal(first.url, "wss://live.example/?ticket=1");
  assert.equal(api.last.method, "POST");
  first.onopen?.();
  assert.deepEqual(first.sent, [{ action: "listen", after: "01" }]);
  first.says(SNAPSHOT);
  const state = await live.when();
  assert.deepEqual([...state.attendees.keys()], [attendeeOf().attendeeId]);
  live.close();
  assert.deepEqual(await live.closed, { code: "stopped" });
  assert.ok(first.closed);
});

test("comes back with a new ticket and the last cursor, longer each time until a snapshot came", async () => {
  const { api, live, line } = listening();
  const first = await line(1);
  first.onopen?.();
  first.says(SNAPSHOT);
  first.onclose?.();
  const second = await line(2);
  assert.equal(second.url, "wss://live.example/?ticket=2");
  second.onopen?.();
  assert.deepEqual(second.sent, [{ action: "listen", after: "05" }]);
  second.onclose?.();
  (await line(3)).onclose?.();
  const fourth = await line(4);
  fourth.onopen?.();
  fourth.says(SNAPSHOT);
  fourth.onclose?.();
  await line(5);
  assert.deepEqual(api.clock.waits, [2000, 4000, 8000, 2000]);
  live.close();
});

test("a line that is given up tells nothing any more", async () => {
  const { live, line } = listening();
  const first = await line(1);
  first.onopen?.();
  const late = first.onmessage!;
  first.onclose?.();
  (await line(2)).onopen?.();
  late({ data: JSON.stringify(SNAPSHOT) });
  assert.equal(live.state.complete, false);
  live.close();
});

test("more than fits at once is asked for on the same line", async () => {
  const { live, line } = listening();
  const first = await line(1);
  first.onopen?.();
  first.says({ ...SNAPSHOT, more: true, cursor: "07" });
  assert.deepEqual(
    first.sent.map(({ after }) => after),
    ["01", "07"],
  );
  live.close();
});

test("silence is not put up with, and it is asked again every five minutes", async () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  try {
    const { live, line } = listening();
    const first = await line(1);
    first.onopen?.();
    first.says({ message: "Internal server error" });
    mock.timers.tick(10_000);
    assert.ok(first.closed);
    const second = await line(2);
    second.onopen?.();
    second.says(SNAPSHOT);
    const asked = () => second.sent.filter(({ action }) => action === "listen").length;
    for (let seconds = 10; seconds < 300; seconds += 10) {
      mock.timers.tick(10_000);
      second.says({ type: "pong" });
    }
    assert.equal(asked(), 1);
    mock.timers.tick(10_000);
    assert.equal(asked(), 2);
    assert.ok(!second.closed);
    live.close();
  } finally {
    mock.timers.reset();
  }
});

test("a line that is open and silent is found out within 30 seconds, and the state says since when", async () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  try {
    const { api, live, line } = listening();
    const first = await line(1);
    assert.deepEqual([live.state.connected, live.state.since], [false, null]);
    api.clock.time = 1_000;
    first.onopen?.();
    first.says(SNAPSHOT);
    assert.deepEqual([live.state.connected, live.state.since], [true, 1_000]);
    mock.timers.tick(15_000);
    assert.deepEqual(first.sent.at(-1), { action: "ping" });
    first.says({ type: "pong" });
    mock.timers.tick(15_000);
    mock.timers.tick(7_999);
    assert.ok(live.state.connected);
    const known = live.state.attendees;
    api.clock.time = 60_000;
    mock.timers.tick(1);
    assert.ok(first.closed);
    await until(() => !live.state.connected, "it is told");
    assert.equal(live.state.since, 60_000);
    assert.equal(live.state.attendees, known);
    live.close();
  } finally {
    mock.timers.reset();
  }
});

test("who is offline is not connected, and comes back at once when the network does", async () => {
  const network = new EventTarget();
  const before = globalThis.addEventListener;
  globalThis.addEventListener = network.addEventListener.bind(network) as typeof before;
  try {
    const { live, line } = listening();
    const told: string[] = [];
    live.subscribe((state, { type }) => told.push(`${type} ${state.connected}`));
    const first = await line(1);
    first.onopen?.();
    first.says(SNAPSHOT);
    network.dispatchEvent(new Event("offline"));
    assert.ok(first.closed);
    assert.equal(live.state.connected, false);
    network.dispatchEvent(new Event("online"));
    const again = await line(2);
    again.onopen?.();
    again.says(SNAPSHOT);
    assert.ok(live.state.connected);
    assert.deepEqual(told, ["snapshot true", "connection false", "snapshot true"]);
    live.close();
  } finally {
    globalThis.addEventListener = before;
  }
});

test("without a WebSocket it asks over HTTP, if the page wants that", async () => {
  const me = { role: "host", attendee: null, may: [] };
  let there = true;
  const answers = (request: Request) => {
    const path = new URL(request.url).pathname;
    if (!there || path.endsWith("/live")) return problem(404, path.endsWith("/live") ? "change-not-found" : "busy");
    if (path.endsWith("/me")) return json(me);
    return path.endsWith("/attendees") ? json({ items: [attendeeOf()], nextToken: null }) : json(meetingOf());
  };
  const api = new Api([answers], { WebSocket: Line });
  const told: string[] = [];
  const live = api.meeting.live((state, { type }) => told.push(`${type} ${state.connected}`), { poll: "3s" });
  const state = await live.when();
  assert.deepEqual(told, ["snapshot true"], "one change is told once");
  assert.deepEqual([state.connected, state.polling, state.attendees.size], [true, true, 1]);
  there = false;
  await live.when(({ connected }) => !connected);
  there = true;
  await live.when(({ connected }) => connected);
  live.close();
});

test("a line that never opens is given up", async () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  try {
    const { live, line } = listening();
    await line(1);
    mock.timers.tick(20_000);
    assert.ok(Line.made[0]!.closed);
    await line(2);
    live.close();
  } finally {
    mock.timers.reset();
  }
});

test("who is nobody here any more, or one page too many, does not come back", async () => {
  for (const code of ["not-permitted", "too-many-connections"] as const) {
    const { live, line } = listening();
    const first = await line(1);
    first.onopen?.();
    first.says({ type: "closed", part: 1, code });
    assert.deepEqual(await live.closed, { code });
    assert.ok(first.closed);
    await assert.rejects(live.when(), (error) => error instanceof LiveOver && error.closed.code === code);
  }
});

test("nor does a client that gets no ticket; other failures are retried", async () => {
  for (const code of ["not-permitted", "banned", "meeting-not-found"] as const) {
    const { live } = listening(problem(403, code));
    const closed = await live.closed;
    assert.equal(closed.code, code);
    assert.equal(closed.problem?.code, code);
  }
  const { live, line } = listening(...Array.from({ length: 6 }, () => problem(503, "busy")), ticket());
  await line(1);
  live.close();
});

test("messages can be read as they come, and a listener's mistake silences nobody", async () => {
  const { live, line } = listening();
  const mistakes: unknown[] = [];
  globalThis.reportError = (error: unknown) => void mistakes.push(error);
  live.subscribe(() => {
    throw new Error("of the page");
  });
  const types: string[] = [];
  const reading = (async () => {
    for await (const message of live) types.push(message.type);
  })();
  const first = await line(1);
  first.onopen?.();
  first.says(SNAPSHOT);
  first.says({ type: "something-new", part: 1 });
  first.says({ type: "change", part: 1, cursor: "06" });
  await until(() => types.length === 2, "both were read");
  live.close();
  await reading;
  assert.deepEqual([types, live.state.cursor, mistakes.length], [["snapshot", "change"], "06", 2]);
});
