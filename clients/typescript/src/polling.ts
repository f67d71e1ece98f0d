import { isProblem, type Problem } from "./problems.js";
import type { Meeting } from "./meeting.js";
import type { Told } from "./state.js";
import type { Entry } from "./types.js";

/** With these there is no coming back. */
export const FINAL = [
  "unauthorized",
  "not-permitted",
  "banned",
  "meeting-not-found",
  "invalid-request",
  "not-found",
] as const;

/** What a snapshot would say, asked for over HTTP. Raises what the requests raise, but for `waiting`. */
export async function askFor(
  meeting: Meeting,
  after: string | null,
  options: { onBehalfOf?: string; signal: AbortSignal },
): Promise<Told> {
  try {
    const [me, shown] = await Promise.all([meeting.me(options), meeting.get(options)]);
    const attendees = [];
    for await (const attendee of meeting.attendees({ ...options, limit: 100 })) attendees.push(attendee);
    const said = { type: "snapshot", part: 1, me, meeting: shown, attendees, complete: true } as const;
    return me.may.includes("view-history") && after
      ? { ...said, ...(await entriesSince(meeting, after, options)) }
      : said;
  } catch (error) {
    if (isProblem(error, "waiting")) return { type: "lobby", part: 1, status: "waiting" };
    throw error;
  }
}

/** The problem after which asking again is no use. */
export function finalProblem(error: unknown): Problem<(typeof FINAL)[number]> | null {
  return isProblem(error, ...FINAL) ? error : null;
}

async function entriesSince(meeting: Meeting, after: string, options: { onBehalfOf?: string; signal: AbortSignal }) {
  const pages = meeting.history({ ...options, after });
  const entries: Entry[] = [];
  for await (const entry of pages) entries.push(entry);
  return { entries, cursor: pages.cursor };
}
