/** One user in one meeting, on this page: what the views draw from and act through. */

import {Desk} from "./desk.js";
import {SignedOut} from "./identity.js";
import {firstLook, isAll, lookOn} from "./look.js";
import {Outcomes} from "./outcomes.js";
import {Store} from "./store.js";
import {Gavel, isProblem, NOTHING_KNOWN, take} from "./vendor/gavel-client/gavel-client.js";

const LOBBY = new Set(["Admission Requested", "admit", "leave-lobby"]);
const BANS = new Set(["ban", "unban", "remove"]);
const PAST = 200;
const POLL = 3;
/** Milliseconds that a first look has for itself, and the first snapshot after it. */
const [ALONE, SNAPSHOT_WITHIN] = [600, 1_500];
const NAMED_WITHIN = 4_000;

/** @typedef {{text: string, only: string, role: string, refused: boolean, tab: string}} Place what of the page is looked at */

export class Session {
  /** @type {Place} */
  place = {text: "", only: "all", role: "", refused: false, tab: "hands"};
  /** @type {{kind: string, of: string, search: string, chosen: Set<string>, asking: string, refusal: import("./desk.js").Refusal | null} | null} */
  dialog = null;
  /** Who is marked for a common command. @type {Set<string>} */
  marked = new Set();
  /** Whose row the keyboard is on. */
  active = "";
  scrollTop = 0;
  /** Entries of the history whose details are shown. @type {Set<string>} */
  opened = new Set();
  /** What the sign-in in between leads to. @type {(how: import("./views/sign-in.js").How) => void} */
  signInAgain = () => undefined;
  /** @type {HTMLElement | null} */
  #origin = null;
  #isOver = false;
  /** Users in the lobby who were asked for again, because they had no name. @type {Set<string>} */
  #nameless = new Set();

  /**
   * @param {import("./configuration.js").Configuration} config @param {import("./identity.js").Identity} identity
   * @param {string} meetingId @param {() => void} leave
   */
  constructor(config, identity, meetingId, leave) {
    const gavel = new Gavel({url: config.apiUrl, token: () => this.#token()});
    this.config = config;
    this.meeting = gavel.meeting(meetingId);
    this.identity = identity;
    this.store = new Store();
    this.desk = new Desk(this.meeting, this.store);
    this.outcomes = new Outcomes(this.meeting, this.store);
    this.leave = leave;
    this.#followLists();
  }

  async #token() {
    try {
      return await this.identity.token();
    } catch (error) {
      if (error instanceof SignedOut) this.store.end("unauthorized");
      throw error;
    }
  }

  /** What is in sight comes first, and nothing competes with it. Then the subscription brings everything; if it does
   * not, further pages do. */
  async start() {
    const looked = this.#look().catch(() => undefined);
    await Promise.race([looked, pause(ALONE)]);
    if (this.#isOver) return;
    this.live = this.meeting.live((state, message) => this.store.take(state, message.entries ?? []), {poll: POLL});
    void this.live.closed.then(({code}) => this.store.end(code));
    const whole = this.live.when().then(() => this.#readPast()).catch(() => undefined);
    const first = await looked;
    await Promise.race([whole, pause(SNAPSHOT_WITHIN)]);
    if (first) await this.#lookOn(first).catch(() => undefined);
  }

  stop() {
    this.#isOver = true;
    this.live?.close();
    this.outcomes.stop();
  }

  /** @param {Partial<Place>} place */
  look(place) {
    Object.assign(this.place, place);
    if ("text" in place || "only" in place || "role" in place) this.scrollTop = 0;
    this.store.redraw();
  }

  /** @param {string} kind @param {string} [of] */
  open(kind, of = "") {
    this.#origin ??= /** @type {HTMLElement | null} */ (document.activeElement);
    this.dialog = {kind, of, search: "", chosen: new Set(), asking: "", refusal: null};
    if (kind === "settings" && this.store.may("view-bans")) this.#loadBans();
    this.store.redraw();
  }

  /** The focus goes back to where it came from, unless the user has gone elsewhere. */
  close() {
    this.dialog = null;
    this.store.redraw();
    const origin = this.#origin;
    this.#origin = null;
    setTimeout(() => {
      const {activeElement} = document;
      if (activeElement !== document.body && !activeElement?.closest("dialog")) return;
      /** @type {HTMLElement | null} */ (origin?.isConnected ? origin : document.querySelector(".row[tabindex='0'], #find"))?.focus();
    });
  }

  /** Closes when the server has agreed; until then what was typed stays.
   * @param {string} form @param {import("./commands.js").Command} command */
  async submit(form, command) {
    const {dialog} = this;
    if (!dialog || dialog.asking) return;
    Object.assign(dialog, {refusal: null, asking: form});
    const refusal = await this.desk.ask(command);
    if (this.dialog !== dialog) return;
    Object.assign(dialog, {refusal, asking: ""});
    if (refusal) this.store.redraw();
    else this.close();
  }

  /** What the subscription says takes its place. */
  async #look() {
    const seen = await firstLook(this.meeting);
    this.#show(seen, isAll(seen));
    return seen;
  }

  /** @param {import("./look.js").Look} first */
  async #lookOn(first) {
    for (let [seen, areAll] = [first, isAll(first)]; !areAll && !this.#isOver && !this.store.state.complete;) {
      const before = seen;
      seen = await lookOn(before);
      areAll = isAll(seen, before);
      this.#show(seen, areAll);
    }
  }

  /** @param {import("./look.js").Look} seen @param {boolean} areAll */
  #show({me, meeting, attendees}, areAll) {
    const {store} = this;
    if (store.state.complete || store.state.lobby) return;
    store.hasEverybody = areAll;
    store.take(take(NOTHING_KNOWN, {type: "snapshot", part: 1, me, meeting, attendees}), []);
  }

  async #readPast() {
    const {store} = this;
    if (store.may("view-lobby")) this.#loadLobby();
    if (!store.may("view-history")) return;
    let left = PAST;
    for await (const entry of this.meeting.history({order: "desc", limit: 100})) {
      store.record(entry);
      if (--left === 0) break;
    }
    store.changed();
  }

  #loadLobby() {
    this.meeting.lobby().then((lobby) => {
      this.store.lobby = lobby;
      this.store.changed();
      this.#lookForNames(lobby);
    }).catch(this.#ignored);
  }

  /** The page of a user in the lobby brings their name a moment after they began to wait. @param {import("./vendor/gavel-client/gavel-client.js").Waiting[]} lobby */
  #lookForNames(lobby) {
    const nameless = lobby.filter(({externalUserId, displayName}) => !displayName && !this.#nameless.has(externalUserId));
    for (const {externalUserId} of nameless) this.#nameless.add(externalUserId);
    if (nameless.length) setTimeout(() => this.store.isOpen && this.#loadLobby(), NAMED_WITHIN);
  }

  #loadBans() {
    this.meeting.bans().then((bans) => {
      this.store.bans = bans;
      this.store.changed();
    }).catch(this.#ignored);
  }

  /** A list that can't be had now is asked for again with the next entry. @param {unknown} error */
  #ignored = (error) => {
    if (isProblem(error, "unauthorized")) this.store.end("unauthorized");
  };

  /** The subscription does not tell of lobby and bans, but of the entries that change them. */
  #followLists() {
    let seen = "";
    this.store.watch(() => {
      const fresh = this.store.history().filter((entry) => entry.entryId > seen);
      if (!fresh.length) return;
      const first = !seen;
      seen = fresh[0].entryId;
      const has = (/** @type {Set<string>} */ names) => fresh.some((entry) => names.has(entry.type) || names.has(entry.command));
      if (!first && has(LOBBY) && this.store.may("view-lobby")) this.#loadLobby();
      if (this.dialog?.kind === "settings" && has(BANS)) this.#loadBans();
    });
  }
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
