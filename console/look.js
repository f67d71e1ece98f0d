/** The first look at a meeting, over HTTP: what is in sight, before the subscription brings everything. */

import {configuration} from "./configuration.js";
import {identityOf, SignedOut} from "./identity.js";
import {Gavel} from "./vendor/gavel-client/gavel-client.js";

/** @typedef {import("./vendor/gavel-client/gavel-client.js").Meeting} Meeting
 * @typedef {import("./vendor/gavel-client/gavel-client.js").Attendee} Attendee
 * @typedef {Required<Pick<import("./vendor/gavel-client/gavel-client.js").Told, "me" | "meeting" | "attendees">>} Seen
 * @typedef {Seen & {more: AsyncIterator<Attendee>}} Look `more` are the attendees of the pages that follow */

const ROW = 40;
/** Attendees that are asked for at first, as many as may be in sight, and then at once. */
const [FIRST, PAGE] = [Math.min(Math.max(Math.ceil(innerHeight / ROW), 10), 50), 100];

/** What `lookAhead` has begun. @type {{meetingId: string, look: Promise<Look>} | null} */
let begun = null;
let isTaken = false;

/** Begins while the page's other modules are on their way, if the user is signed in. */
export async function lookAhead() {
  const config = await configuration();
  const asked = new URLSearchParams(location.search);
  const [identity, meetingId] = [identityOf(config), asked.get("meeting") ?? config.meetingId];
  if (isTaken || asked.has("state") || !identity.isKnown || !meetingId) return;
  const gavel = new Gavel({url: config.apiUrl, token: () => identity.token()});
  begun = {meetingId, look: look(gavel.meeting(meetingId))};
  await begun.look;
}

/** @param {Meeting} meeting */
export function firstLook(meeting) {
  const ahead = begun?.meetingId === meeting.meetingId ? begun.look : null;
  [begun, isTaken] = [null, true];
  return ahead?.catch((error) => {
    if (error instanceof SignedOut) return look(meeting); // whose meeting tells the page
    throw error;
  }) ?? look(meeting);
}

/** @param {Meeting} meeting @returns {Promise<Look>} */
async function look(meeting) {
  const more = meeting.attendees({first: FIRST, limit: PAGE})[Symbol.asyncIterator]();
  const [me, seen, attendees] = await Promise.all([meeting.me(), meeting.get(), take(more, FIRST)]);
  return {me, meeting: seen, attendees, more};
}

/** The next page, added to those that are there. @param {Look} before @returns {Promise<Look>} */
export async function lookOn(before) {
  return {...before, attendees: [...before.attendees, ...await take(before.more, PAGE)]};
}

/** Whether there are no more attendees. @param {Look} seen @param {Look} [before] */
export const isAll = ({attendees}, before) => attendees.length < (before ? before.attendees.length + PAGE : FIRST);

/** As many as there are, up to `count`. @template T @param {AsyncIterator<T>} from @param {number} count */
async function take(from, count) {
  /** @type {T[]} */
  const taken = [];
  while (taken.length < count) {
    const next = await from.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}
