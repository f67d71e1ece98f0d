/** Everything a person can ask the server for, as requests; and the one way in which they are carried out. */

import {ofUser, Problem, segment} from "./api.js";
import {listed} from "./words.js";

/** @typedef {{say: string, needs: string, method: string, path: string, body?: object, undoable?: boolean}} Deed */

/** @param {string} say @param {string} needs @param {string} method @param {string} path @param {object} [body] @returns {Deed} */
const deed = (say, needs, method, path, body) => ({say, needs, method, path, body, undoable: true});
/** Without what was left empty. @param {object} body */
const said = (body) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== "" && value !== undefined));

/** @type {Record<string, (...of: any[]) => Deed>} */
export const deeds = {
  mute: (user, media, more = {}) => deed(`Mute ${user}: ${listed(media)}`, "mute", "POST", `${ofUser(user)}/mute`, said({media, ...more})),
  unmute: (user, media) => deed(`Unmute ${user}: ${listed(media)}`, "unmute", "POST", `${ofUser(user)}/unmute`, {media}),
  hold: (user, reason) => deed(`Put ${user} on hold`, "hold", "POST", `${ofUser(user)}/hold`, said({reason})),
  release: (user) => deed(`Release ${user} from hold`, "release", "POST", `${ofUser(user)}/release`, {}),
  role: (user, role) => deed(`Make ${user} ${role}`, "set-role", "PUT", `${ofUser(user)}/role`, {role}),
  remove: (user, more) => ({...deed(`Remove ${user}`, "remove", "POST", `${ofUser(user)}/remove`, said(more)), undoable: Boolean(more.ban)}),
  unban: (user) => deed(`Lift the ban of ${user}`, "unban", "DELETE", `/bans/${segment(user)}`),
  admit: (user, admit) => ({...deed(`${admit ? "Let in" : "Turn away"} ${user}`, "admit", "PUT", `/lobby/${segment(user)}`, {admit}), undoable: false}),
  raiseHand: (user) => ({...deed("Raise my hand", "raise-hand", "PUT", `${ofUser(user)}/hand`, {}), undoable: false}),
  lowerHand: (user, own) => ({...deed(`Lower ${own ? "my" : `${user}'s`} hand`, own ? "lower-own-hand" : "lower-hand", "DELETE", `${ofUser(user)}/hand`), undoable: false}),
  floor: (user, more) => deed(`Give ${user} the floor`, "grant-floor", "POST", `${ofUser(user)}/floor`, more),
  endFloor: (user) => deed(`End ${user}'s turn`, "end-floor", "DELETE", `${ofUser(user)}/floor`),
  consent: (user, changeId, accept) => ({...deed(accept ? "Unmute me" : "Stay muted", "consent", "PUT", `${ofUser(user)}/consent`, {changeId, accept}), undoable: false}),
  muteMyself: (user, media) => ({...deed(`Mute my ${listed(media)}`, "mute-self", "POST", `${ofUser(user)}/mute`, {media, liftableBy: "self"}), undoable: false}),
  unmuteMyself: (user, media) => ({...deed(`Unmute my ${listed(media)}`, "unmute-self", "POST", `${ofUser(user)}/unmute`, {media}), undoable: false}),
  muteAll: (body) => deed(`Mute everybody: ${listed(body.media)}`, "mute-all", "POST", "/mute-all", said(body)),
  unmuteAll: (media) => deed(`Lift the mute-all: ${listed(media)}`, "unmute-all", "POST", "/unmute-all", {media}),
  mode: (mode) => deed(`Set the mode to ${mode}`, "set-mode", "PATCH", "", {mode}),
  freeze: (frozen) => deed(frozen ? "Freeze the meeting" : "Unfreeze the meeting", frozen ? "freeze" : "unfreeze", "PATCH", "", {frozen}),
  settings: (body) => deed("Change the settings", "set-settings", "PATCH", "", body),
  undo: (changeId, what) => ({...deed(`Undo: ${what}`, "undo", "POST", "/undo", {changeId}), undoable: false}),
  end: () => ({...deed("End the meeting", "end", "POST", "/end", {}), undoable: false}),
};

/** What an entry says about the change it belongs to. */
const FATES = {
  "Attendee Capabilities Changed": "applied", "Meeting Moderation Changed": "applied", "Attendee Removed": "applied",
  "Meeting Ended": "applied", "Moderation Superseded": "superseded", "Moderation Abandoned": "abandoned",
};

/** @param {import("./store.js").Entry} entry @returns {string | undefined} undefined where it says nothing of that */
export function fateOf({type, answer}) {
  if (type === "Unmute Answered") return answer === "declined" || answer === "expired" ? answer : undefined;
  return FATES[/** @type {keyof typeof FATES} */ (type)];
}

/** @typedef {{id: number, say: string, status: string, detail: string, policies: string[], limits: any[],
 *   effects: string[], changeId: string | null, undoable: boolean, isUndo: boolean}} Notice */

const LINGER = 20_000;
const BRIEF = 6_000;
const MOST = 3;

export class Desk {
  /** @type {Notice[]} */
  notices = [];
  /** Deeds whose answer is awaited, by what they ask. @type {Set<string>} */
  busy = new Set();
  #last = 0;

  /** @param {import("./api.js").Api} api @param {import("./store.js").Store} store */
  constructor(api, store) {
    this.api = api;
    this.store = store;
    store.watch(() => this.#follow());
  }

  /** @param {Deed} deed */
  isBusy(deed) {
    return this.busy.has(deed.say);
  }

  /** @param {Deed} deed @returns {Promise<boolean>} whether the server agreed */
  async run(deed) {
    if (this.isBusy(deed)) return false;
    this.busy.add(deed.say);
    const notice = this.#notice(deed);
    try {
      this.#answered(notice, await this.api.deed(deed));
      return true;
    } catch (error) {
      this.#refused(notice, error);
      return false;
    } finally {
      this.busy.delete(deed.say);
      this.store.changed();
    }
  }

  /** @param {number} id */
  dismiss(id) {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.store.changed();
  }

  /** @param {Deed} deed */
  #notice(deed) {
    const notice = {
      id: ++this.#last, say: deed.say, status: "asked", detail: "", policies: [], limits: [], effects: [],
      changeId: null, undoable: Boolean(deed.undoable) && this.store.may("undo"), isUndo: deed.needs === "undo",
    };
    this.notices = [...this.notices, notice].slice(-MOST);
    this.store.changed();
    return /** @type {Notice} */ (notice);
  }

  /** @param {Notice} notice @param {any} answer */
  #answered(notice, answer) {
    notice.status = answer.awaiting ? "awaiting" : answer.status ?? "applied";
    notice.changeId = answer.changeId ?? null;
    notice.effects = answer.effects ?? [];
    if (notice.status === "unchanged") notice.undoable = false;
    this.store.answered(answer);
    this.#fade(notice);
  }

  /** @param {Notice} notice @param {unknown} error */
  #refused(notice, error) {
    notice.status = error instanceof Problem && error.status < 500 ? "refused" : "failed";
    notice.undoable = false;
    notice.detail = error instanceof Error ? error.message : String(error);
    if (error instanceof Problem) {
      notice.policies = error.policies;
      notice.limits = error.limits;
      if (error.errors.length) notice.detail = error.errors.map((each) => `${each.pointer} ${each.detail}`).join("; ");
    }
  }

  /** What was pending may have come to its end. */
  #follow() {
    for (const notice of this.notices.filter((each) => ["pending", "awaiting"].includes(each.status) && each.changeId))
      for (const entry of this.store.entries.values())
        if (entry.changeId === notice.changeId) notice.status = fateOf(entry) ?? (this.store.fates.get(entry.changeId) || notice.status);
  }

  /** Not while somebody is about to use it. @param {Notice} notice */
  #fade(notice) {
    setTimeout(() => {
      const element = document.querySelector(`[data-notice="${notice.id}"]`);
      if (element?.matches(":hover, :focus-within") || ["pending", "awaiting"].includes(notice.status)) this.#fade(notice);
      else this.dismiss(notice.id);
    }, notice.undoable ? LINGER : BRIEF);
  }
}
