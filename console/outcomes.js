/**
 * What became of changes whose entries do not say it: a change of somebody who has no attendee, or an admission, is over
 * without a further entry. The server is asked, so that no line says "pending" for ever.
 */

import {outcomeOf} from "./commands.js";
import {isProblem} from "./vendor/gavel-client/gavel-client.js";

const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 60_000;
const MOST_AT_ONCE = 4;

export class Outcomes {
  /** When each is asked next, and how long after that. @type {Map<string, {at: number, wait: number}>} */
  #asked = new Map();
  #timer = 0;

  /** @param {import("./vendor/gavel-client/gavel-client.js").Meeting} meeting @param {import("./store.js").Store} store */
  constructor(meeting, store) {
    this.meeting = meeting;
    this.store = store;
    store.watch(() => this.#plan());
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = -1;
  }

  #plan() {
    const now = Date.now();
    const open = this.#open();
    for (const changeId of open) if (!this.#asked.has(changeId)) this.#asked.set(changeId, {at: now + FIRST_WAIT, wait: FIRST_WAIT});
    this.#arm(open);
  }

  #arm(open = this.#open()) {
    if (this.#timer < 0) return;
    clearTimeout(this.#timer);
    const next = Math.min(...[...open].map((changeId) => this.#asked.get(changeId)?.at ?? Infinity));
    this.#timer = Number.isFinite(next) ? setTimeout(() => this.#ask(), Math.max(next - Date.now(), 0)) : 0;
  }

  async #ask() {
    const due = [...this.#open()].filter((changeId) => (this.#asked.get(changeId)?.at ?? Infinity) <= Date.now());
    await Promise.all(due.slice(0, MOST_AT_ONCE).map((changeId) => this.#look(changeId)));
    this.#arm();
  }

  /** @param {string} changeId */
  async #look(changeId) {
    const {wait} = this.#asked.get(changeId) ?? {wait: FIRST_WAIT};
    this.#asked.set(changeId, {at: Date.now() + 2 * wait, wait: Math.min(2 * wait, LONGEST_WAIT)});
    try {
      const {status} = await this.meeting.change(changeId);
      if (status !== "pending") this.#settle(changeId, status);
    } catch (error) {
      if (isProblem(error, "not-permitted", "change-not-found")) this.#settle(changeId, "");
    }
  }

  /** @param {string} changeId @param {string} outcome */
  #settle(changeId, outcome) {
    this.store.outcomes.set(changeId, outcome);
    this.store.changed();
  }

  /** Changes of which nothing has said what became of them. */
  #open() {
    /** @type {Set<string>} */
    const open = new Set();
    for (const {type, verdict, changeId} of this.store.entries.values())
      if (type === "Moderation Decided" && verdict === "accepted" && changeId && !this.store.outcomes.has(changeId)) open.add(changeId);
    for (const entry of this.store.entries.values()) if (outcomeOf(entry)) open.delete(entry.changeId);
    return open;
  }
}
