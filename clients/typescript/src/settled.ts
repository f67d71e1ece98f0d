import { inSeconds, type Duration } from "./duration.js";
import { backoff, type Clock } from "./retry.js";
import type { Change } from "./types.js";

export interface SettledOptions {
  /** How long to go on asking; two minutes by default. */
  within?: Duration;
  signal?: AbortSignal;
}

/** A change was still pending when the time was up. It goes on all the same. */
export class Unsettled extends Error {
  override readonly name = "Unsettled";
  readonly change: Change;

  constructor(change: Change) {
    super(`the change ${change.changeId} is still pending`);
    this.change = change;
  }
}

const LONGEST = 3_000;

export async function settled(
  ask: () => Promise<Change>,
  { now, random, pause }: Clock,
  { within = "2m", signal }: SettledOptions,
): Promise<Change> {
  const deadline = now() + inSeconds(within) * 1000;
  for (let tries = 1; ; tries++) {
    const change = await ask();
    if (change.status !== "pending") return change;
    if (now() >= deadline) throw new Unsettled(change);
    const wait = backoff(tries, random(), 250, LONGEST);
    await pause(Math.min(wait, Math.max(0, deadline - now())), signal);
  }
}
