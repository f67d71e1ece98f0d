import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { LiveOver, type Socket, type Told } from "../src/index.js";
import { Api, attendeeOf, json, meetingOf, problem, until } from "./scene.js";

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
    mock.timers.tick(299_999);
    assert.equal(second.sent.length, 1);
    mock.timers.tick(1);
    assert.equal(second.sent.length, 2);
    assert.ok(!second.closed);
    live.close();
  } finally {
    mock.timers.reset();
  }
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

test("nor does whoever is given no ticket; other trouble passes", async () => {
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
