import type { Gavel } from "./client.js";
import { Connection, type Farewell, type SocketMaker } from "./connection.js";
import type { Meeting } from "./meeting.js";
import type { ReadOptions } from "./options.js";
import { isProblem, type Problem } from "./problems.js";
import { backoff } from "./retry.js";
import { NOTHING_KNOWN, take, type LiveState, type Told } from "./state.js";

/** Told with every message, after the state has taken it. */
export type Listener = (state: LiveState, message: Told) => void;

export interface LiveOptions extends ReadOptions {
  /** The cursor of an earlier look: what was missed since comes first. */
  after?: string;
}

/** Why it is over: `stopped` by `close()` or the signal, what the server said, or the problem's code. */
export interface Closed {
  code: "stopped" | "no-websocket" | Farewell["code"] | Problem["code"];
  problem?: Problem;
}

const SHORTEST = 1_000;
const LONGEST = 30_000;
/** With these there is no coming back. */
const FINAL = ["unauthorized", "not-permitted", "banned", "meeting-not-found", "invalid-request", "not-found"] as const;

/** A subscription that comes back by itself, with a new ticket and the last cursor, until it is closed. */
export class Live {
  /** Resolves when it is over, and never rejects. */
  readonly closed: Promise<Closed>;
  readonly #gavel: Gavel;
  readonly #meeting: Meeting;
  readonly #options: LiveOptions;
  readonly #listeners = new Set<Listener>();
  readonly #stop = new AbortController();
  #state: LiveState = NOTHING_KNOWN;
  #over: Closed | null = null;
  #end: (closed: Closed) => void = () => undefined;
  #failures = 0;

  constructor(gavel: Gavel, meeting: Meeting, listener?: Listener, options: LiveOptions = {}) {
    this.#gavel = gavel;
    this.#meeting = meeting;
    this.#options = options;
    this.#state = { ...NOTHING_KNOWN, cursor: options.after ?? null };
    if (listener) this.#listeners.add(listener);
    this.closed = new Promise((resolve) => (this.#end = resolve));
    options.signal?.addEventListener("abort", () => this.close(), { once: true });
    if (options.signal?.aborted) this.close();
    void this.#run();
  }

  /** What is known by now; a new object after each message. */
  get state(): LiveState {
    return this.#state;
  }

  /** Tells a further listener, until the function that it returns is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The first state that meets the condition, a whole snapshot by default. Raises `LiveOver` when it is over. */
  when(
    condition: (state: LiveState) => boolean = ({ complete }) => complete,
    signal?: AbortSignal,
  ): Promise<LiveState> {
    return new Promise((resolve, reject) => {
      if (condition(this.#state)) return resolve(this.#state);
      const unsubscribe = this.subscribe((state) => {
        if (!condition(state)) return;
        unsubscribe();
        resolve(state);
      });
      const give = (reason: unknown) => {
        unsubscribe();
        reject(reason);
      };
      if (signal?.aborted) return give(signal.reason);
      signal?.addEventListener("abort", () => give(signal.reason), { once: true });
      void this.closed.then((closed) => give(new LiveOver(closed)));
    });
  }

  /** Messages as they come, until it is over. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Told> {
    const waiting: Told[] = [];
    let wake = () => {};
    const unsubscribe = this.subscribe((_, message) => {
      waiting.push(message);
      wake();
    });
    void this.closed.then(() => wake());
    try {
      for (;;) {
        const message = waiting.shift();
        if (message) yield message;
        else if (this.#over) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      unsubscribe();
    }
  }

  close(): void {
    this.#finish({ code: "stopped" });
  }

  #finish(closed: Closed): void {
    if (this.#over) return;
    this.#over = closed;
    this.#stop.abort(new LiveOver(closed));
    this.#end(closed);
  }

  async #run(): Promise<void> {
    const { pause, random } = this.#gavel.surroundings;
    while (!this.#over) {
      await this.#connect().catch((error: unknown) => this.#failed(error));
      if (this.#over) return;
      this.#failures += 1;
      const wait = Math.max(SHORTEST, backoff(this.#failures, random(), 2 * SHORTEST, LONGEST));
      await pause(wait, this.#stop.signal).catch(() => undefined);
    }
  }

  #failed(error: unknown): void {
    if (isProblem(error, ...FINAL)) this.#finish({ code: error.code, problem: error });
  }

  /** One connection, from its ticket to its end. */
  async #connect(): Promise<void> {
    const Maker = this.#gavel.options.WebSocket ?? (globalThis.WebSocket as SocketMaker | undefined);
    if (!Maker) return this.#finish({ code: "no-websocket" });
    const { onBehalfOf } = this.#options;
    const { url, cursor } = await this.#meeting.ticket({ onBehalfOf, signal: this.#stop.signal });
    if (this.#over) return;
    await new Connection(new Maker(url), this.#stop.signal).listen({
      after: () => this.#state.cursor ?? cursor,
      told: (message) => this.#take(message),
    });
  }

  #take(message: Told | Farewell): void {
    if (this.#over) return;
    if (message.type === "closed") return this.#finish({ code: message.code });
    if (message.complete) this.#failures = 0;
    this.#state = take(this.#state, message);
    for (const listener of [...this.#listeners]) {
      try {
        listener(this.#state, message);
      } catch (error) {
        reportLater(error);
      }
    }
  }
}

export class LiveOver extends Error {
  override readonly name = "LiveOver";
  readonly closed: Closed;

  constructor(closed: Closed) {
    super(`listening is over: ${closed.code}`, { cause: closed.problem });
    this.closed = closed;
  }
}

/** A listener's mistake is the page's, and must not silence the others. */
function reportLater(error: unknown): void {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}
