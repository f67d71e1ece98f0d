import { inSeconds, type Duration } from "./duration.js";
import { Unreachable } from "./problems.js";

export type Fetch = (request: Request) => Promise<Response>;

export interface Retry {
  /** How often a request is sent at most. */
  tries: number;
  /** How long all tries together may take. */
  within: Duration;
  /** How long one try may take. API Gateway gives up after 30 seconds. */
  each: Duration;
}

export const RETRY: Retry = { tries: 5, within: "40s", each: "35s" };

/** The time, pauses, and chance for jitter. Tests have a clock of their own. */
export interface Clock {
  now(): number;
  random(): number;
  pause(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = { now: () => Date.now(), random: () => Math.random(), pause };

const FIRST = 250;
const LONGEST = 8_000;

/** Milliseconds before the next try, by chance between half and all of what doubles each time. */
export function backoff(tries: number, random: number, first = FIRST, longest = LONGEST): number {
  return Math.min(longest, first * 2 ** (tries - 1)) * (0.5 + random / 2);
}

/**
 * Sends a request until it is answered. `prepare` is asked before each try for headers that age, such as a token.
 * The request keeps its Idempotency-Key, so a change is made once however often it is sent.
 * Raises `Unreachable`, the reason of the request's signal, or what `prepare` raises.
 */
export function retrying(
  send: Fetch,
  prepare: () => Promise<Record<string, string>>,
  retry: Retry = RETRY,
  { now, random, pause }: Clock = SYSTEM_CLOCK,
): Fetch {
  return async (request) => {
    const body = ["GET", "HEAD"].includes(request.method) ? undefined : (await request.text()) || undefined;
    const deadline = now() + inSeconds(retry.within) * 1000;
    for (let tries = 1; ; tries++) {
      const headers = new Headers(request.headers);
      for (const [name, value] of Object.entries(await prepare())) headers.set(name, value);
      request.signal.throwIfAborted();
      const each = AbortSignal.timeout(Math.max(1, Math.min(inSeconds(retry.each) * 1000, deadline - now())));
      const signal = AbortSignal.any([request.signal, each]);
      const again = { method: request.method, headers, body, signal, credentials: request.credentials };
      const outcome = await outcomeOf(send(new Request(request.url, again)));
      request.signal.throwIfAborted();
      const wait = await waitAfter(outcome, tries, random());
      if (wait === null || tries >= retry.tries || now() + wait >= deadline) {
        if (outcome instanceof Response) return outcome;
        throw new Unreachable(tries, request.headers.get("Idempotency-Key"), outcome.failure);
      }
      await pause(wait, request.signal);
    }
  };
}

interface Failed {
  failure: unknown;
}

async function outcomeOf(answer: Promise<Response>): Promise<Response | Failed> {
  try {
    return await answer;
  } catch (failure) {
    return { failure };
  }
}

/** Milliseconds to wait before the request is sent again; null if that can't help. */
async function waitAfter(outcome: Response | Failed, tries: number, random: number): Promise<number | null> {
  if (!(outcome instanceof Response)) return backoff(tries, random);
  if (!(await mayHelp(outcome, tries))) return null;
  return retryAfter(outcome, random) ?? backoff(tries, random);
}

async function mayHelp(answer: Response, tries: number): Promise<boolean> {
  switch (answer.status) {
    case 429:
    case 503:
    case 504:
      return true;
    case 500:
      return tries === 1;
    case 502:
      return (await codeOf(answer)) !== "chime-refused";
    default:
      return false;
  }
}

async function codeOf(answer: Response): Promise<unknown> {
  try {
    return ((await answer.clone().json()) as { code?: unknown } | null)?.code;
  } catch {
    return undefined;
  }
}

/** Gavel says it in seconds. A little is added by chance, so that those who were sent away don't come back as one. */
function retryAfter(answer: Response, random: number): number | null {
  const seconds = Number(answer.headers.get("Retry-After") ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 + random * FIRST : null;
}

/** Raises the signal's reason as soon as it is aborted. */
function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
