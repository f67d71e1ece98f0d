/**
 * What the server has said, and nothing else: no deed writes here what it hopes for. Whoever draws is told when
 * something is new.
 *
 * @typedef {Record<"audio" | "video" | "content", string>} Capabilities
 * @typedef {{media: string[], withholds: string, by: string, liftableBy?: string, actor?: string, reason?: string,
 *   until?: string, remainingSeconds?: number, policies?: string[], endsAt?: number}} Limit
 * @typedef {{meetingId: string, attendeeId: string, externalUserId: string, role: string | null, status: string,
 *   capabilities: Capabilities, limits?: Limit[], hand: {raisedAt: string} | null, revision: string,
 *   floor: any, asked?: any, confirmed?: Capabilities, found?: Capabilities}} Attendee
 * @typedef {{id: string, role: string | null, seats: Attendee[], shown: Attendee}} Person
 * @typedef {any} Entry
 */

const WORST_FIRST = ["drifted", "pending", "applied"];

export class Store {
  /** @type {any} */
  meeting = null;
  /** @type {{role: string | null, attendee: Attendee | null, may: string[]} | null} */
  me = null;
  /** @type {Map<string, Attendee>} */
  attendees = new Map();
  /** @type {Map<string, Entry>} */
  entries = new Map();
  /** @type {{externalUserId: string, role: string, since: string}[]} */
  lobby = [];
  /** What became of changes, where the server was asked; empty where it does not say. @type {Map<string, string>} */
  fates = new Map();
  /** @type {any[]} */
  bans = [];
  cursor = "";
  /** Why nothing comes any more: a problem's code. */
  ended = "";
  /** @type {Map<string, Capabilities>} */
  #found = new Map();
  #link = "connecting";
  /** @type {Set<() => void>} */
  #drawn = new Set();
  #told = false;
  /** What follows from the above, until something is new. @type {{people?: Person[], hands?: Person[], history?: Entry[]}} */
  #derived = {};

  /** @param {() => void} draw */
  watch(draw) {
    this.#drawn.add(draw);
  }

  /** Draws soon, once for all that is new by then. */
  changed() {
    this.#derived = {};
    if (this.#told) return;
    this.#told = true;
    setTimeout(() => {
      this.#told = false;
      for (const draw of this.#drawn) draw();
    });
  }

  get link() {
    return this.#link;
  }

  set link(link) {
    if (this.#link !== link) this.changed();
    this.#link = link;
  }

  /** @param {string} code */
  end(code) {
    this.ended = code;
    this.link = "over";
  }

  /** @param {string} deed */
  may(deed) {
    return this.me?.may.includes(deed) ?? false;
  }

  /** Everything anew, by asking. @param {import("./api.js").Api} api */
  async load(api) {
    const me = await api.get("/me");
    const meeting = await api.get();
    /** @type {Attendee[]} */
    const attendees = [];
    await api.pages("/attendees", (page) => attendees.push(...page.items));
    this.take({type: "snapshot", part: 1, me, meeting, attendees});
    if (this.link !== "live") this.link = "polling";
    if (this.may("view-history")) await this.#loadHistory(api);
    if (this.may("view-lobby")) await this.loadLobby(api);
  }

  /** @param {import("./api.js").Api} api */
  async loadLobby(api) {
    this.lobby = (await api.get("/lobby")).items;
    this.changed();
  }

  /** @param {import("./api.js").Api} api */
  async loadBans(api) {
    this.bans = (await api.get("/bans")).items;
    this.changed();
  }

  /** @param {import("./api.js").Api} api */
  async #loadHistory(api) {
    for (let full = true; full; ) {
      const page = await api.get(`/history?limit=100${this.cursor && `&after=${encodeURIComponent(this.cursor)}`}`);
      full = page.items.length === 100 && page.cursor !== this.cursor;
      this.take({entries: page.items, cursor: page.cursor});
    }
  }

  /** A message of the live socket, or what was asked for in the same form. @param {any} message */
  take(message) {
    for (const entry of message.entries ?? []) this.#record(entry);
    if (message.type === "snapshot" && message.part === 1) {
      const before = this.attendees;
      this.attendees = new Map();
      for (const attendee of message.attendees ?? []) this.#put(attendee, before.get(attendee.attendeeId));
    } else {
      for (const attendee of message.attendees ?? []) this.#put(attendee, this.attendees.get(attendee.attendeeId));
    }
    if (message.meeting) this.meeting = message.meeting;
    for (const {externalUserId, role} of message.roles ?? []) {
      if (this.meeting) this.meeting = {...this.meeting, roles: {...this.meeting.roles, [externalUserId]: role}};
    }
    if (message.me) this.me = {...message.me, attendee: message.me.attendee && stamped(message.me.attendee)};
    if (message.cursor > this.cursor) this.cursor = message.cursor;
    this.changed();
  }

  /** What a deed was answered with. The live socket may have been faster. @param {any} answer */
  answered(answer) {
    const {attendee, meeting} = answer;
    const known = attendee && this.attendees.get(attendee.attendeeId);
    if (known && isNewer(attendee.revision, known.revision)) this.#put(attendee, known);
    if (meeting && isNewer(meeting.revision, this.meeting?.revision ?? "")) this.meeting = {...this.meeting, ...meeting};
    this.changed();
  }

  /** @returns {Person[]} seat by seat becomes person by person: rules bind the person */
  people() {
    return (this.#derived.people ??= this.#byPerson());
  }

  /** Whose hand is up, the oldest first. */
  hands() {
    return (this.#derived.hands ??= this.people().filter((person) => person.shown.hand).sort((a, b) =>
      (a.shown.hand?.raisedAt ?? "").localeCompare(b.shown.hand?.raisedAt ?? "")));
  }

  /** Newest first. */
  history() {
    return (this.#derived.history ??= [...this.entries.values()].sort((a, b) => (a.entryId < b.entryId ? 1 : -1)));
  }

  #byPerson() {
    /** @type {Map<string, Attendee[]>} */
    const seats = new Map();
    for (const attendee of this.attendees.values())
      seats.set(attendee.externalUserId, [...(seats.get(attendee.externalUserId) ?? []), attendee]);
    return [...seats].map(([id, of]) => {
      const shown = [...of].sort((a, b) => WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status))[0];
      return {id, role: shown.role, seats: of, shown};
    });
  }

  /** What Chime was seen to have is told by entries alone. @param {Entry} entry */
  #record(entry) {
    this.entries.set(entry.entryId, entry);
    if (entry.type !== "Drift Found") return;
    for (const {attendeeId, found} of entry.attendees) {
      this.#found.set(attendeeId, found);
      const shown = this.attendees.get(attendeeId);
      if (shown) this.attendees.set(attendeeId, {...shown, found});
    }
  }

  /** @param {Attendee} attendee @param {Attendee} [known] */
  #put(attendee, known) {
    if (attendee.status === "gone") {
      this.attendees.delete(attendee.attendeeId);
      return;
    }
    const confirmed = attendee.status === "applied" ? attendee.capabilities : known?.confirmed;
    this.attendees.set(attendee.attendeeId, {...stamped(attendee), confirmed, found: this.#found.get(attendee.attendeeId)});
  }
}

/** Ends by this machine's clock, for the server's may be another one. @param {Attendee} attendee */
function stamped(attendee) {
  const at = Date.now();
  /** @param {any} timed */
  const ends = (timed) => (timed && typeof timed.remainingSeconds === "number" ? {...timed, endsAt: at + timed.remainingSeconds * 1000} : timed);
  return {...attendee, limits: attendee.limits?.map(ends), floor: ends(attendee.floor), asked: ends(attendee.asked)};
}

/** `p3.m1`: of the person and of the meeting; each only grows. @param {string} one @param {string} other */
function isNewer(one, other) {
  /** @param {string} revision @returns {Record<string, number>} */
  const numbers = (revision) => Object.fromEntries([...revision.matchAll(/([pm])(\d+)/g)].map(([, of, n]) => [of, Number(n)]));
  const [mine, known] = [numbers(one), numbers(other)];
  const differences = Object.keys(mine).map((of) => mine[of] - (known[of] ?? -1));
  return differences.every((each) => each >= 0) && differences.some((each) => each > 0);
}
