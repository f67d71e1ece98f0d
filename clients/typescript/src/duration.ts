/** Seconds, or `"90s"`, `"5m"`, `"1h"`. */
export type Duration = number | `${number}s` | `${number}m` | `${number}h`;

const SECONDS = { s: 1, m: 60, h: 3600 } as const;
const LONGEST = 24 * SECONDS.h;

/** Not a duration that Gavel takes: a whole number of seconds from 1 to 24 hours. */
export class DurationError extends RangeError {
  override readonly name = "DurationError";

  constructor(said: unknown) {
    const shown = typeof said === "string" ? JSON.stringify(said) : String(said);
    super(`${shown} is no duration: a whole number with "s", "m" or "h" behind it, or of seconds; 24h at most`);
  }
}

/** Whole seconds, as `durationSeconds` wants them. */
export function inSeconds(duration: Duration): number {
  const found = typeof duration === "string" ? read(duration) : duration;
  if (!Number.isInteger(found) || found < 1 || found > LONGEST) throw new DurationError(duration);
  return found;
}

function read(text: string): number {
  const found = /^(\d{1,6})([smh])$/.exec(text);
  return found ? Number(found[1]) * SECONDS[found[2] as keyof typeof SECONDS] : NaN;
}
