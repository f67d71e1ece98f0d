/** What a page calls a user: the display name, or the ExternalUserId where there is none. */
import type { LiveState } from "./state.js";

export interface Nameable {
  externalUserId: string;
  displayName?: string | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LONGEST = 24;

/** An id as it fits into a line: UUIDs and long ids are cut. Show the whole on demand: `title={externalUserId}`. */
export function shortId(id: string): string {
  if (UUID.test(id)) return `${id.slice(0, 8)}…`;
  const characters = [...id];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : id;
}

/** `Bob Meyer`; without a display name the id, shortened. */
export function nameOf({ externalUserId, displayName }: Nameable): string {
  return displayName ?? shortId(externalUserId);
}

/** Names of users by ExternalUserId: `names(state)("bob")`. A user without a known name is called by the id, shortened. */
export function names({ attendees, gone, me }: LiveState): (externalUserId: string) => string {
  const known = new Map<string, string>();
  for (const each of [...gone.values(), ...attendees.values(), ...(me?.attendee ? [me.attendee] : [])])
    if (each.displayName) known.set(each.externalUserId, each.displayName);
  return (externalUserId) => known.get(externalUserId) ?? shortId(externalUserId);
}
