import type { Gavel } from "./client.js";
import { Connection, type Farewell, type SocketMaker } from "./connection.js";
import type { Meeting } from "./meeting.js";
import type { ReadOptions } from "./options.js";
import { askFor, finalProblem } from "./polling.js";
import type { Problem } from "./problems.js";
import { inSeconds, type Duration } from "./duration.js";
import { backoff } from "./retry.js";
import { NOTHING_KNOWN, take, withConnection, type LiveState, type Told } from "./state.js";

/** Told with every message, after the state has taken it. */
export type Listener = (state: LiveState, message: Told) => void;

export interface LiveOptions extends ReadOptions {
  /** The cursor of an earlier look: what was missed since comes first. */
  after?: string;
  /** While there is no WebSocket, the state is asked for over HTTP this often. Without it, it is then not known. */
  poll?: Duration;
}

/** Why it is over: `stopped` by `close()` or the signal, what the server said, or the problem's code. */
export interface Closed {
  code: "stopped" | "no-websocket" | Farewell["code"] | Problem["code"];
  problem?: Problem;
}

const SHORTEST = 1_000;
const LONGEST = 30_000;
const CUT = new Error("the connection is given up");

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
  /** Ends what is under way, be it a connection or a wait, and nothing else. */
  #cut = new AbortController();
  #isPolling = false;
  /** Where the entries begin that are missed by now, until the state has a cursor. */
  #since: string | null = null;

  constructor(gavel: Gavel, meeting: Meeting, listener?: Listener, options: LiveOptions = {}) {
    this.#gavel = gavel;
    this.#meeting = meeting;
    this.#options = options;
    this.#state = { ...NOTHING_KNOWN, cursor: options.after ?? null };
    if (listener) this.#listeners.add(listener);
    this.closed = new Promise((resolve) => (this.#end = resolve));
    options.signal?.addEventListener("abort", () => this.close(), { once: true });
    if (options.signal?.aborted) this.close();
    this.#followNetwork();
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
      if (message.type === "connection") return;
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

  /** A device that says that it is offline is; one that says that it is online may be. */
  #followNetwork(): void {
    const { signal } = this.#stop;
    if (signal.aborted || typeof globalThis.addEventListener !== "function") return;
    const begin = () => {
      this.#failures = 0;
      this.#cutOff();
    };
    const end = () => {
      this.#cutOff();
      this.#link(false, false);
    };
    globalThis.addEventListener("online", begin, { signal });
    globalThis.addEventListener("offline", end, { signal });
  }

  #cutOff(): void {
    this.#cut.abort(CUT);
    this.#cut = new AbortController();
  }

  async #run(): Promise<void> {
    const { pause, random } = this.#gavel.clock;
    while (!this.#over) {
      const signal = AbortSignal.any([this.#stop.signal, this.#cut.signal]);
      await this.#connect(signal).catch((error: unknown) => this.#failed(error));
      if (this.#over) return;
      if (this.#isLive) this.#link(false, false);
      this.#failures += 1;
      void this.#poll();
      const wait = Math.max(SHORTEST, backoff(this.#failures, random(), 2 * SHORTEST, LONGEST));
      await pause(wait, AbortSignal.any([this.#stop.signal, this.#cut.signal])).catch(() => undefined);
    }
  }

  #failed(error: unknown): void {
    const problem = finalProblem(error);
    if (problem) this.#finish({ code: problem.code, problem });
  }

  /** Asks until there is a connection again, or it is over. */
  async #poll(): Promise<void> {
    const { poll, onBehalfOf } = this.#options;
    if (poll === undefined || this.#isPolling) return;
    this.#isPolling = true;
    const { signal } = this.#stop;
    while (!this.#over && !this.#isLive) {
      const message = await askFor(this.#meeting, this.#state.cursor ?? this.#since, { onBehalfOf, signal }).catch(
        (error: unknown) => {
          this.#failed(error);
          return null;
        },
      );
      if (this.#over || this.#isLive) break;
      if (message) this.#take(message, true);
      else this.#link(false, false);
      await this.#gavel.clock.pause(inSeconds(poll) * 1000, signal).catch(() => undefined);
    }
    this.#isPolling = false;
  }

  get #isLive(): boolean {
    return this.#state.connected && !this.#state.polling;
  }

  #link(connected: boolean, polling: boolean): void {
    const before = this.#state;
    this.#state = withConnection(before, connected, polling, this.#gavel.clock.now());
    if (this.#state !== before && !this.#over) this.#tell({ type: "connection", part: 1 });
  }

  /** One connection, from its ticket to its end. */
  async #connect(signal: AbortSignal): Promise<void> {
    const Maker = this.#gavel.options.WebSocket ?? (globalThis.WebSocket as SocketMaker | undefined);
    if (!Maker) return this.#options.poll === undefined ? this.#finish({ code: "no-websocket" }) : undefined;
    const { onBehalfOf } = this.#options;
    const { url, cursor } = await this.#meeting.ticket({ onBehalfOf, signal });
    this.#since ??= cursor;
    if (signal.aborted) return;
    await new Connection(new Maker(url), signal).listen({
      after: () => this.#state.cursor ?? cursor,
      told: (message) => this.#take(message),
    });
  }

  #take(message: Told | Farewell, polled = false): void {
    if (this.#over) return;
    if (message.type === "closed") return this.#finish({ code: message.code });
    if (message.complete) this.#failures = 0;
    const state = take(this.#state, message);
    const isAnswer = message.complete === true || message.type === "lobby";
    this.#state = isAnswer ? withConnection(state, true, polled, this.#gavel.clock.now()) : state;
    this.#tell(message);
  }

  #tell(message: Told): void {
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
