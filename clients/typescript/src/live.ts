import type { Gavel } from "./client.js";
import type { Meeting, ReadOptions } from "./meeting.js";
import { isProblem, type Problem } from "./problems.js";
import { backoff } from "./retry.js";
import { NOTHING_KNOWN, take, type LiveState, type Told } from "./state.js";

/** What Gavel uses of a WebSocket: the browser's, Node.js' and that of `ws` are such. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}

export type SocketMaker = new (url: string) => Socket;

/** Told with every message, after the state has taken it. */
export type Listener = (state: LiveState, message: Told) => void;

export interface LiveOptions extends ReadOptions {
  /** The cursor of an earlier look: what was missed since comes first. */
  after?: string;
}

/** Why it is over: `stopped` by `close()` or the signal, `too-many-connections`, or the problem's code. */
export interface Closed {
  code: "stopped" | "too-many-connections" | "no-websocket" | Problem["code"];
  problem?: Problem;
}

const ASK_AGAIN = 5 * 60_000;
const SNAPSHOT_WITHIN = 10_000;
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
  when(condition: (state: LiveState) => boolean = ({ complete }) => complete, signal?: AbortSignal): Promise<LiveState> {
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

interface Farewell {
  type: "closed";
  code: "not-permitted" | "too-many-connections";
}

interface Page {
  /** Where the next `listen` goes on. */
  after(): string;
  told(message: Told | Farewell): void;
}

/** A WebSocket on which it is said `listen`, again from time to time, and whose silence is not put up with. */
class Connection {
  readonly #socket: Socket;
  readonly #stop: AbortSignal;
  #again: ReturnType<typeof setInterval> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(socket: Socket, stop: AbortSignal) {
    this.#socket = socket;
    this.#stop = stop;
  }

  /** Resolves when the connection is over, however it ends. */
  listen(page: Page): Promise<void> {
    const socket = this.#socket;
    return new Promise<void>((resolve) => {
      const end = () => {
        this.#over = true;
        clearInterval(this.#again);
        clearTimeout(this.#patience);
        this.#stop.removeEventListener("abort", end);
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.onerror = () => undefined;
        socket.close();
        resolve();
      };
      this.#stop.addEventListener("abort", end, { once: true });
      this.#patience = setTimeout(end, 2 * SNAPSHOT_WITHIN);
      socket.onclose = socket.onerror = end;
      socket.onmessage = (event: { data: unknown }) => this.#hear(event.data, page, end);
      socket.onopen = () => {
        this.#ask(page, end);
        this.#again = setInterval(() => this.#ask(page, end), ASK_AGAIN);
      };
    });
  }

  #ask(page: Page, end: () => void): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(end, SNAPSHOT_WITHIN);
    this.#socket.send(JSON.stringify({ action: "listen", after: page.after() }));
  }

  /** What API Gateway says by itself has no type: then no snapshot comes, and patience ends. */
  #hear(data: unknown, page: Page, end: () => void): void {
    const message = this.#over ? null : read(data);
    if (!message) return;
    page.told(message);
    if (message.type === "closed" || !message.complete) return;
    clearTimeout(this.#patience);
    if (message.more) this.#ask(page, end);
  }
}

function read(data: unknown): Told | Farewell | null {
  try {
    const message = JSON.parse(String(data)) as { type?: unknown } | null;
    const known = typeof message === "object" && ["snapshot", "change", "closed"].includes(String(message?.type));
    return known ? (message as Told | Farewell) : null;
  } catch {
    return null;
  }
}

/** A listener's mistake is the page's, and must not silence the others. */
function reportLater(error: unknown): void {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else queueMicrotask(() => { throw error; });
}
