/** A meeting of one's own making: documents, an API that answers what it is told to, time that is turned by hand. */
import {
  Gavel,
  type Attendee,
  type Capabilities,
  type Entry,
  type GavelOptions,
  type MeetingShown,
  type Clock,
} from "../src/index.js";

export const MEETING = "2847961f-0000-4000-8000-000000000001";
export const BOB = "4ebcdbdc-0000-4000-8000-000000000002";
export const EVERYTHING: Capabilities = { audio: "SendReceive", video: "SendReceive", content: "SendReceive" };
export const MUTED: Capabilities = { ...EVERYTHING, audio: "Receive" };

export function attendeeOf(said: Partial<Attendee> = {}): Attendee {
  return {
    meetingId: MEETING,
    attendeeId: BOB,
    externalUserId: "bob",
    role: "participant",
    capabilities: EVERYTHING,
    status: "applied",
    hand: null,
    floor: null,
    asked: null,
    limits: [],
    revision: "p1.m1",
    ...said,
  };
}

export function meetingOf(said: Partial<MeetingShown> = {}): MeetingShown {
  return {
    meetingId: MEETING,
    externalMeetingId: "lesson",
    mode: "open",
    defaultRole: "participant",
    frozen: false,
    muteAll: [],
    unmuteConsent: "none",
    lobby: false,
    features: { video: true, content: true },
    endedAt: null,
    revision: "m1",
    ...said,
  };
}

export function entryOf(entryId: string, said: Partial<Entry> = {}): Entry {
  return {
    type: "Attendee Capabilities Changed",
    schemaVersion: "1",
    entryId,
    changeId: "c1",
    meetingId: MEETING,
    externalMeetingId: "lesson",
    occurredAt: "2026-11-24T10:00:00.000Z",
    actor: { kind: "user", id: "alice" },
    command: "mute",
    reason: null,
    revision: "p1.m1",
    summary: "alice muted bob",
    summaryParts: [{ externalUserId: "alice" }, { text: " muted " }, { externalUserId: "bob" }],
    ...said,
  };
}

/** Pauses take no time, but turn the clock. */
export class TurnedClock implements Clock {
  time = 0;
  readonly waits: number[] = [];
  now = () => this.time;
  random = () => 1;
  pause = async (milliseconds: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    this.waits.push(milliseconds);
    this.time += milliseconds;
    await new Promise((resolve) => setImmediate(resolve));
  };
}

type Answer = Response | Error | ((request: Request) => Response | Promise<Response>);

/** Gives the answers in their order, the last one for ever, and remembers what was asked. */
export class Api {
  readonly asked: Request[] = [];
  readonly bodies: string[] = [];
  readonly clock = new TurnedClock();
  readonly gavel: Gavel;
  readonly #answers: Answer[];

  constructor(answers: Answer[], options: Partial<GavelOptions> = {}) {
    this.#answers = answers;
    const fetch = (request: Request) => this.#answer(request);
    const token = () => `token-${this.asked.length + 1}`;
    this.gavel = new Gavel({ url: "https://gavel.example/", token, fetch, clock: this.clock, ...options });
  }

  get meeting() {
    return this.gavel.meeting(MEETING);
  }

  get last(): Request {
    return this.asked.at(-1)!;
  }

  async #answer(request: Request): Promise<Response> {
    this.asked.push(request);
    this.bodies.push(await request.clone().text());
    const answer = this.#answers.length > 1 ? this.#answers.shift()! : this.#answers[0]!;
    if (answer instanceof Error) throw answer;
    return typeof answer === "function" ? answer(request) : answer.clone();
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}

export function problem(
  status: number,
  code: string,
  more: object = {},
  headers: Record<string, string> = {},
): Response {
  const body = {
    type: `urn:gavel:problem:${code}`,
    title: code,
    status,
    detail: "so it is",
    instance: "/",
    code,
    ...more,
  };
  return json(body, status, { ...headers, "Content-Type": "application/problem+json" });
}

/** A number between 0 and 1 that follows from the seed alone. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Waits for what promises on their way bring about. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`it did not come to that: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
