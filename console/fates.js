/**
 * What became of changes whose entries do not say it: a change of somebody who has no seat, or an admission, is over
 * without a further entry. The server is asked, so that no line says "pending" for ever.
 */

import {fateOf} from "./deeds.js";
import {Problem} from "./api.js";

const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 60_000;
const MOST_AT_ONCE = 4;

export class Fates {
  /** When each is asked next, and how long after that. @type {Map<string, {at: number, wait: number}>} */
  #asked = new Map();
  #timer = 0;

  /** @param {import("./api.js").Api} api @param {import("./store.js").Store} store */
  constructor(api, store) {
    this.api = api;
    this.store = store;
    store.watch(() => this.#plan());
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #plan() {
    const now = Date.now();
    for (const changeId of this.#open()) if (!this.#asked.has(changeId)) this.#asked.set(changeId, {at: now + FIRST_WAIT, wait: FIRST_WAIT});
    this.#arm();
  }

  #arm() {
    clearTimeout(this.#timer);
    const open = this.#open();
    const next = Math.min(...[...open].map((changeId) => this.#asked.get(changeId)?.at ?? Infinity));
    if (Number.isFinite(next)) this.#timer = setTimeout(() => this.#ask(), Math.max(next - Date.now(), 0));
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
      const {status} = await this.api.get(`/changes/${encodeURIComponent(changeId)}`);
      if (status !== "pending") this.#settle(changeId, status);
    } catch (error) {
      if (error instanceof Problem && [403, 404].includes(error.status)) this.#settle(changeId, "");
    }
  }

  /** @param {string} changeId @param {string} fate */
  #settle(changeId, fate) {
    this.store.fates.set(changeId, fate);
    this.store.changed();
  }

  /** Changes of which nothing has said what became of them. */
  #open() {
    /** @type {Set<string>} */
    const open = new Set();
    for (const {type, verdict, changeId} of this.store.entries.values())
      if (type === "Moderation Decided" && verdict === "accepted" && changeId && !this.store.fates.has(changeId)) open.add(changeId);
    for (const entry of this.store.entries.values()) if (fateOf(entry)) open.delete(entry.changeId);
    return open;
  }
}
