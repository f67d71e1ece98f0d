import type { Told } from "./state.js";

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

const ASK_AGAIN = 5 * 60_000;
const SNAPSHOT_WITHIN = 10_000;
/** Milliseconds of silence after which the server is asked whether it is there, and how long it may take to answer. */
const PING_AFTER = 15_000;
const PONG_WITHIN = 8_000;

export interface Farewell {
  type: "closed";
  code: "not-permitted" | "banned" | "turned-away" | "lobby-off" | "too-many-connections";
}

export interface Page {
  /** Where the next `listen` goes on. */
  after(): string;
  told(message: Told | Farewell): void;
}

/** A WebSocket on which it is said `listen`, again from time to time, and whose silence is not put up with: a stalled
 * connection stays open, and only a `ping` without an answer tells. */
export class Connection {
  readonly #socket: Socket;
  readonly #stop: AbortSignal;
  #again: ReturnType<typeof setInterval> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
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
        clearTimeout(this.#silence);
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
        this.#expect(end);
        this.#again = setInterval(() => this.#ask(page, end), ASK_AGAIN);
      };
    });
  }

  #ask(page: Page, end: () => void): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(end, SNAPSHOT_WITHIN);
    this.#socket.send(JSON.stringify({ action: "listen", after: page.after() }));
  }

  #expect(end: () => void): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#silence = setTimeout(end, PONG_WITHIN);
      this.#socket.send(JSON.stringify({ action: "ping" }));
    }, PING_AFTER);
  }

  /** What API Gateway says by itself has no type: then no snapshot comes, and patience ends. */
  #hear(data: unknown, page: Page, end: () => void): void {
    if (this.#over) return;
    this.#expect(end);
    const message = read(data);
    if (!message) return;
    page.told(message);
    if (message.type === "closed") return;
    if (message.complete || message.type === "lobby") clearTimeout(this.#patience);
    if (!message.complete) return;
    if (message.more) this.#ask(page, end);
  }
}

function read(data: unknown): Told | Farewell | null {
  try {
    const message = JSON.parse(String(data)) as { type?: unknown } | null;
    const known =
      typeof message === "object" && ["snapshot", "change", "lobby", "closed"].includes(String(message?.type));
    return known ? (message as Told | Farewell) : null;
  } catch {
    return null;
  }
}
