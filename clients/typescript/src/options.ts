/** What calls take besides, and how it is written into bodies. */
import { inSeconds, type Duration } from "./duration.js";
import type { Medium, MuteAll } from "./types.js";

export interface ReadOptions {
  /** A back end acts for this user. */
  onBehalfOf?: string;
  signal?: AbortSignal;
}

export interface WriteOptions extends ReadOptions {
  /** Same checks, same answer; nothing is written, nothing is sent. */
  dryRun?: boolean;
  /** The `revision` that was seen; nothing is done if it is another. */
  ifMatch?: string;
  /** One's own, where the page itself may send a change again; each call has a new one by default. */
  idempotencyKey?: string;
}

export interface WithReason extends WriteOptions {
  reason?: string;
}

export interface WithMedia extends WithReason {
  /** `audio` by default. */
  media?: Medium | Medium[];
}

export interface MuteOptions extends WithMedia {
  /** Until lifted, where it is left out. */
  for?: Duration;
  liftableBy?: "self" | "host";
}

export interface MuteAllOptions extends MuteOptions {
  /** Hosts and cohosts by default. */
  except?: MuteAll["except"];
}

export interface FloorOptions extends WithMedia {
  /** Two minutes by default. */
  for?: Duration;
  /** Whether it ends all other floors of these media. */
  exclusive?: boolean;
}

export interface Banning extends WithReason {
  /** Until lifted, where it is left out. */
  until?: Date | string;
}

/** Works on pages without HTTPS, too, where `crypto.randomUUID` is missing. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function why({ reason }: WithReason): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

export function mediaOf({ media, reason }: WithMedia) {
  return { media: typeof media === "string" ? [media] : media, reason };
}

export function lasting(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : inSeconds(duration);
}

/** As the API takes it: UTC with `Z`. */
export function instant(time: Date | string | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
