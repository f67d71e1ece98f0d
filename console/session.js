/** One person in one meeting, on this page: what the views draw from and act through. */

import {Api} from "./api.js";
import {Desk} from "./deeds.js";
import {Fates} from "./fates.js";
import {Live} from "./live.js";
import {Store} from "./store.js";

const LOBBY = new Set(["Admission Requested", "admit"]);
const BANS = new Set(["ban", "unban", "remove"]);

export class Session {
  filter = {text: "", only: "all", refused: false};
  /** @type {{kind: string, of: string} | null} */
  dialog = null;

  /**
   * @param {import("./configuration.js").Configuration} config @param {import("./identity.js").Identity} identity
   * @param {string} meetingId @param {() => void} leave
   */
  constructor(config, identity, meetingId, leave) {
    this.api = new Api(config.apiUrl, meetingId, identity);
    this.store = new Store();
    this.desk = new Desk(this.api, this.store);
    this.live = new Live(this.api, this.store);
    this.fates = new Fates(this.api, this.store);
    this.leave = leave;
    this.#followLists();
  }

  /** Asks for everything once, then listens. */
  async start() {
    await this.store.load(this.api);
    await this.live.start();
  }

  stop() {
    this.live.stop();
    this.fates.stop();
  }

  /** @param {Partial<Session["filter"]>} filter */
  narrow(filter) {
    Object.assign(this.filter, filter);
    this.store.changed();
  }

  /** @param {string} kind @param {string} [of] */
  open(kind, of = "") {
    this.dialog = {kind, of};
    if (kind === "settings" && this.store.may("view-bans")) this.store.loadBans(this.api).catch(() => {});
    this.store.changed();
  }

  close() {
    this.dialog = null;
    this.store.changed();
  }

  /** Nobody is told of lobby and bans by the live socket, but of the entries that change them. */
  #followLists() {
    let seen = "";
    this.store.watch(() => {
      const fresh = this.store.history().filter((entry) => entry.entryId > seen);
      if (!fresh.length) return;
      const first = !seen;
      seen = fresh[0].entryId;
      const has = (/** @type {Set<string>} */ names) => fresh.some((entry) => names.has(entry.type) || names.has(entry.command));
      if (!first && has(LOBBY) && this.store.may("view-lobby")) this.store.loadLobby(this.api).catch(() => {});
      if (this.dialog?.kind === "settings" && has(BANS)) this.store.loadBans(this.api).catch(() => {});
    });
  }
}
