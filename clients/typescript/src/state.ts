/** What a page knows of a meeting, from what it is told: `take(state, message)`. */
import { isOlder } from "./revision.js";
import type { Attendee, Entry, Hand, Me, MeetingShown } from "./types.js";

export interface Told {
  /** `connection`: nothing but `connected`, `since` and `polling` of the state has changed. */
  type: "snapshot" | "change" | "lobby" | "connection";
  part: number;
  /** In a message of type `lobby`: whether a host has let the listener in. */
  status?: "waiting" | "admitted";
  /** In a message of type `lobby`: since when the listener waits. */
  since?: string;
  meeting?: MeetingShown;
  /** Belongs into `meeting.roles`, which `meeting` lacks where it would be too large for a message. */
  roles?: { externalUserId: string; role: string }[];
  me?: Me;
  attendees?: Attendee[];
  entries?: Entry[];
  cursor?: string;
  /** The last part of a snapshot. */
  complete?: boolean;
  /** There are more entries after the cursor. */
  more?: boolean;
}

export interface LiveState {
  readonly meeting: MeetingShown | null;
  readonly me: Me | null;
  /** AttendeeId → attendee. */
  readonly attendees: ReadonlyMap<string, Attendee>;
  /** Whose hands are up, the oldest first. */
  readonly hands: readonly Hand[];
  /** What was told since it was listened, oldest first. */
  readonly history: readonly Entry[];
  readonly cursor: string | null;
  /** `waiting` in the lobby, or `admitted` from it; null if the listener never waited. */
  readonly lobby: "waiting" | "admitted" | null;
  /** Whether a whole snapshot has come. */
  readonly complete: boolean;
  /** Whether the server has answered within its deadline, so that the state is that of now. */
  readonly connected: boolean;
  /** Since when `connected` is what it is: milliseconds as of `Date.now()`; null before the first connection. */
  readonly since: number | null;
  /** There is no WebSocket: the state is asked for over HTTP (`LiveOptions.poll`), and is some seconds old. */
  readonly polling: boolean;
  /** Of those who left: what comes late must not bring them back. */
  readonly gone: ReadonlyMap<string, Attendee>;
  /** AttendeeIds that the snapshot on its way has named so far. */
  readonly arriving: ReadonlySet<string> | null;
}

export const NOTHING_KNOWN: LiveState = {
  meeting: null,
  me: null,
  attendees: new Map(),
  hands: [],
  history: [],
  cursor: null,
  lobby: null,
  complete: false,
  connected: false,
  since: null,
  polling: false,
  gone: new Map(),
  arriving: null,
};

/** Entries that are kept. */
const KEPT = 2_000;

/** The state after a message: a new one, the old one stays as it is. Messages hold states, so the newest counts. */
export function take(state: LiveState, message: Told): LiveState {
  const arriving = arrivingWith(state, message);
  const told = message.attendees?.length || message.complete;
  const whole = message.complete ? arriving : null;
  const { attendees, gone } = told ? withAttendees(state, message.attendees ?? [], whole) : state;
  return {
    meeting: withRoles(newer(state.meeting, message.meeting), message.roles),
    me: newerMe(state.me, message.me),
    attendees,
    gone,
    hands: told ? handsOf(attendees.values()) : state.hands,
    history: withEntries(state.history, message.entries ?? []),
    cursor: later(state.cursor, message.cursor),
    lobby: message.status ?? state.lobby,
    complete: state.complete || message.complete === true,
    arriving: message.complete ? null : arriving,
    connected: state.connected,
    since: state.since,
    polling: state.polling,
  };
}

/** The same knowledge on another connection. */
export function withConnection(state: LiveState, connected: boolean, polling: boolean, now: number): LiveState {
  if (state.connected === connected && state.polling === polling) return state;
  return { ...state, connected, polling, since: state.connected === connected ? state.since : now };
}

function arrivingWith(state: LiveState, message: Told): ReadonlySet<string> | null {
  const begins = message.type === "snapshot" && message.part === 1;
  if (!begins && state.arriving === null) return null;
  const named = (message.attendees ?? []).flatMap(({ attendeeId }) => attendeeId ?? []);
  return new Set([...(begins ? [] : (state.arriving ?? [])), ...named]);
}

/** `whole`: all users of a complete snapshot; there are no others. */
function withAttendees(state: LiveState, told: Attendee[], whole: ReadonlySet<string> | null) {
  const [attendees, gone] = [new Map(state.attendees), new Map(state.gone)];
  for (const attendee of told) {
    const id = attendee.attendeeId;
    const known = id === null ? undefined : (attendees.get(id) ?? gone.get(id));
    if (id === null || (known && isOlder(attendee.revision, known.revision))) continue;
    const [into, outOf] = attendee.status === "gone" ? [gone, attendees] : [attendees, gone];
    outOf.delete(id);
    into.set(id, attendee);
  }
  if (whole) for (const id of attendees.keys()) if (!whole.has(id)) attendees.delete(id);
  return { attendees, gone };
}

function newer<T extends { revision: string }>(known: T | null, told: T | undefined): T | null {
  if (!told || (known && isOlder(told.revision, known.revision))) return known;
  return told;
}

function withRoles(meeting: MeetingShown | null, told: Told["roles"]): MeetingShown | null {
  if (!meeting || !told) return meeting;
  const roles = Object.fromEntries(told.map(({ externalUserId, role }) => [externalUserId, role]));
  return { ...meeting, roles: { ...meeting.roles, ...roles } };
}

function newerMe(known: Me | null, told: Me | undefined): Me | null {
  if (!told) return known;
  const [old, now] = [known?.attendee?.revision, told.attendee?.revision];
  return old !== undefined && now !== undefined && isOlder(now, old) ? known : told;
}

function handsOf(attendees: Iterable<Attendee>): Hand[] {
  const hands = new Map<string, Hand>();
  for (const { externalUserId, displayName, attendeeId, hand } of attendees) {
    const named = displayName ? { displayName } : {};
    if (hand && !hands.has(externalUserId))
      hands.set(externalUserId, { externalUserId, ...named, attendeeId, ...hand });
  }
  return [...hands.values()].sort(
    (a, b) => compare(a.raisedAt, b.raisedAt) || compare(a.externalUserId, b.externalUserId),
  );
}

function withEntries(history: readonly Entry[], told: Entry[]): readonly Entry[] {
  if (told.length === 0) return history;
  const known = new Set(history.map((entry) => entry.entryId));
  const unknown = told.filter(({ entryId }) => !known.has(entryId) && known.add(entryId));
  if (unknown.length === 0) return history;
  return [...history, ...unknown].sort((a, b) => compare(a.entryId, b.entryId)).slice(-KEPT);
}

/** Cursors are ULIDs. */
function later(known: string | null, told: string | undefined): string | null {
  return told === undefined || (known !== null && told < known) ? known : told;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
