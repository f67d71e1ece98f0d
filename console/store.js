/**
 * What the server has said, as the views need it. `gavel-client` keeps the state of the meeting; this adds what it does
 * not have: people instead of attendees, ends by this machine's clock, older history, lobby, bans and outcomes.
 *
 * @typedef {import("./vendor/gavel-client/gavel-client.js").LiveState} LiveState
 * @typedef {import("./vendor/gavel-client/gavel-client.js").Attendee} Attendee
 * @typedef {import("./vendor/gavel-client/gavel-client.js").Capabilities} Capabilities
 * @typedef {any} Entry an entry of the history: types of entries differ in what they add
 * @typedef {{media: string[], withholds: string, by: string, liftableBy?: string | null, actor?: string | null,
 *   reason?: string | null, until?: string | null, endsAt?: number}} Limit
 * @typedef {Omit<Attendee, "limits" | "floor" | "asked"> & {limits?: Limit[], floor: any, asked: any,
 *   confirmed?: Capabilities, found?: Capabilities}} Shown
 * @typedef {{id: string, role: string | null, attendees: Shown[], shown: Shown}} Person
 */

import {learn} from "./names.js";
import {isOlder, NOTHING_KNOWN} from "./vendor/gavel-client/gavel-client.js";

const SETTLED = new Set(["applied", "gone"]);
const WORST_FIRST = ["drifted", "pending", "applied"];

export class Store {
  /** @type {LiveState} */
  state = NOTHING_KNOWN;
  /** @type {Map<string, Entry>} */
  entries = new Map();
  /** @type {import("./vendor/gavel-client/gavel-client.js").Waiting[]} */
  lobby = [];
  /** @type {import("./vendor/gavel-client/gavel-client.js").Banned[]} */
  bans = [];
  /** What became of changes, where the server was asked; empty where it does not say. @type {Map<string, string>} */
  outcomes = new Map();
  /** Changes that were undone. @type {Set<string>} */
  undone = new Set();
  /** Why nothing comes any more: the code with which the subscription was closed. */
  ended = "";
  /** Whether the pages of attendees were read to the end, before there is a whole snapshot. */
  hasEverybody = false;
  /** By what was told; dropped with it. @type {WeakMap<object, Shown>} */
  #stamped = new WeakMap();
  /** Answers to commands of this page that the subscription has not caught up with. @type {Map<string, Attendee>} */
  #answers = new Map();
  /** @type {any} */
  #meetingAnswer = null;
  /** @type {Map<string, Capabilities>} */
  #confirmed = new Map();
  /** @type {Map<string, Capabilities>} */
  #found = new Map();
  /** @type {Set<() => void>} */
  #watchers = new Set();
  /** @type {Set<() => void>} */
  #drawers = new Set();
  /** Of what is known: as long as it stays, what was drawn of that stays right. */
  version = 0;
  #isNew = false;
  #isDue = false;
  /** What follows from the above, until something is new.
   * @type {{people?: Person[], byId?: Map<string, Person>, hands?: Person[], history?: Entry[]}} */
  #derived = {};

  /** When something is known that was not before. @param {() => void} watcher */
  watch(watcher) {
    this.#watchers.add(watcher);
  }

  /** When the page has to be drawn, after the watchers. @param {() => void} drawer */
  watchDrawing(drawer) {
    this.#drawers.add(drawer);
  }

  /** Something is known that was not before. */
  changed() {
    this.#derived = {};
    this.version += 1;
    for (const users of [this.bans, this.lobby, this.state.gone.values(), this.state.attendees.values()]) learn(users);
    this.#isNew = true;
    this.redraw();
  }

  /** The same is shown in another way: a search, a selection, a dialog. Soon, and once for all until then. */
  redraw() {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      const isNew = this.#isNew;
      this.#isDue = this.#isNew = false;
      if (isNew) for (const watcher of this.#watchers) watcher();
      for (const drawer of this.#drawers) drawer();
    });
  }

  /** @returns {import("./vendor/gavel-client/gavel-client.js").MeetingShown | null} */
  get meeting() {
    const {meeting} = this.state;
    const answered = this.#meetingAnswer;
    return meeting && answered && isOlder(meeting.revision, answered.revision) ? {...meeting, ...answered} : meeting;
  }

  get me() {
    return this.state.me;
  }

  get myId() {
    return this.me?.attendee?.externalUserId ?? undefined;
  }

  /** Whether commands can still be given. */
  get isOpen() {
    return !this.ended && !this.meeting?.endedAt;
  }

  /** Whether what the page shows may be old. */
  get isStale() {
    return this.state.complete && !this.state.connected;
  }

  /** Whether everybody in the meeting is known. */
  get isWhole() {
    return this.state.complete || this.hasEverybody;
  }

  /** @param {string} action */
  may(action) {
    return this.me?.may.some((each) => each === action) ?? false;
  }

  /** @param {LiveState} state @param {readonly Entry[]} entries */
  take(state, entries) {
    this.state = state;
    for (const entry of entries) this.record(entry);
    for (const attendee of state.attendees.values()) this.#shown(attendee);
    this.changed();
  }

  /** @param {Entry} entry */
  record(entry) {
    this.entries.set(entry.entryId, entry);
    if (entry.type === "Drift Found") for (const {attendeeId, found} of entry.attendees ?? []) this.#found.set(attendeeId, found);
    if (entry.command === "undo" && entry.verdict === "accepted") this.undone.add(entry.parameters?.changeId);
  }

  /** What a command was answered with. The subscription may have been faster. @param {any} answer */
  answered({attendee, meeting, ...answer}) {
    this.settled(answer);
    if (attendee?.attendeeId) this.#answers.set(attendee.attendeeId, attendee);
    if (meeting) this.#meetingAnswer = meeting;
    this.changed();
  }

  /** What became of a change, as the answer to its command says. @param {any} answer */
  settled({changeId, status, outcome = status, awaiting}) {
    if (changeId && SETTLED.has(outcome) && !awaiting) this.outcomes.set(changeId, outcome);
  }

  /** @param {string} code */
  end(code) {
    this.ended = code;
    this.changed();
  }

  /** Person by person: rules bind the user on all their attendees. @returns {Person[]} */
  people() {
    return (this.#derived.people ??= this.#byPerson());
  }

  /** @param {string} id */
  person(id) {
    this.#derived.byId ??= new Map(this.people().map((person) => [person.id, person]));
    return this.#derived.byId.get(id);
  }

  /** Whose hand is up, the oldest first. */
  hands() {
    return (this.#derived.hands ??= this.state.hands.flatMap(({externalUserId}) => {
      const person = this.person(externalUserId);
      return person?.shown.hand ? [person] : [];
    }));
  }

  /** Newest first. */
  history() {
    return (this.#derived.history ??= [...this.entries.values()].sort((a, b) => (a.entryId < b.entryId ? 1 : -1)));
  }

  #byPerson() {
    /** @type {Map<string, Shown[]>} */
    const attendees = new Map();
    for (const told of this.state.attendees.values()) {
      const attendee = this.#shown(this.#newest(told));
      const before = attendees.get(attendee.externalUserId);
      if (before) before.push(attendee);
      else attendees.set(attendee.externalUserId, [attendee]);
    }
    return [...attendees].map(([id, of]) => {
      const shown = of.length === 1 ? of[0] : [...of].sort((a, b) => WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status))[0];
      return {id, role: shown.role, attendees: of, shown};
    });
  }

  /** @param {Attendee} told */
  #newest(told) {
    const answered = told.attendeeId ? this.#answers.get(told.attendeeId) : undefined;
    return answered && isOlder(told.revision, answered.revision) ? answered : told;
  }

  /** @param {Attendee} told @returns {Shown} */
  #shown(told) {
    const known = this.#stamped.get(told);
    if (known) return known;
    const id = told.attendeeId ?? told.externalUserId;
    if (told.status === "applied") this.#confirmed.set(id, told.capabilities);
    const shown = {...stamped(told), confirmed: this.#confirmed.get(id), found: this.#found.get(id)};
    this.#stamped.set(told, shown);
    return shown;
  }
}

/** Ends by this machine's clock, for the server's may be another one. @param {Attendee} attendee @returns {Shown} */
function stamped(attendee) {
  const at = Date.now();
  /** @param {any} timed */
  const ends = (timed) => (timed && typeof timed.remainingSeconds === "number" ? {...timed, endsAt: at + timed.remainingSeconds * 1000} : timed);
  return {...attendee, limits: attendee.limits?.map(ends), floor: ends(attendee.floor), asked: ends(attendee.asked)};
}
