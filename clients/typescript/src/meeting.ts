import { actingFor, idsOf, attendeeOrUser, type Gavel } from "./client.js";
import { Live, type Listener, type LiveOptions } from "./live.js";
import {
  instant,
  lasting,
  mediaOf,
  newKey,
  why,
  type Banning,
  type FloorOptions,
  type MuteAllOptions,
  type MuteOptions,
  type ReadOptions,
  type WithMedia,
  type WithReason,
  type WriteOptions,
} from "./options.js";
import { historyOf, pagesOf, type HistoryOptions, type HistoryPages } from "./pages.js";
import { problemOf } from "./problems.js";
import { settled, type SettledOptions } from "./settled.js";
import type * as t from "./types.js";

interface Said<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** One meeting. Every method raises `Problem`, `Unreachable`, or the reason of its `signal`. */
export class Meeting {
  readonly meetingId: string;
  readonly #gavel: Gavel;

  constructor(gavel: Gavel, meetingId: string) {
    this.#gavel = gavel;
    this.meetingId = meetingId;
  }

  // Looking

  get(options?: ReadOptions): Promise<t.MeetingShown> {
    return answerOf(this.#api.GET("/meetings/{meetingId}", this.#read({}, options)));
  }

  /** Who am I here, and what may I do. */
  me(options?: ReadOptions): Promise<t.Me> {
    return answerOf(this.#api.GET("/meetings/{meetingId}/me", this.#read({}, options)));
  }

  attendee(who: t.Who, options?: ReadOptions): Promise<t.Attendee> {
    const path = { attendeeId: attendeeOrUser(who) };
    return answerOf(this.#api.GET("/meetings/{meetingId}/attendees/{attendeeId}", this.#read(path, options)));
  }

  /** Everybody, attendee by attendee; pages of `limit` are asked for as they are needed, the first one of `first`. */
  attendees(options?: ReadOptions & { limit?: number; first?: number }): AsyncIterable<t.Attendee> {
    return pagesOf((nextToken) => {
      const { params, signal } = this.#read({}, options);
      const limit = nextToken === undefined ? (options?.first ?? options?.limit) : options?.limit;
      const query = { limit, nextToken };
      return answerOf(this.#api.GET("/meetings/{meetingId}/attendees", { params: { ...params, query }, signal }));
    });
  }

  /** Whose hands are up, the oldest first. */
  async hands(options?: ReadOptions): Promise<t.Hand[]> {
    return (await answerOf(this.#api.GET("/meetings/{meetingId}/hands", this.#read({}, options)))).items;
  }

  async bans(options?: ReadOptions): Promise<t.Banned[]> {
    return (await answerOf(this.#api.GET("/meetings/{meetingId}/bans", this.#read({}, options)))).items;
  }

  /** Who waits to be let in. */
  async lobby(options?: ReadOptions): Promise<t.Waiting[]> {
    return (await answerOf(this.#api.GET("/meetings/{meetingId}/lobby", this.#read({}, options)))).items;
  }

  /** What happened, oldest first unless told otherwise, each entry once; its `cursor` is where to go on later. */
  history(options: HistoryOptions & ReadOptions = {}): HistoryPages {
    const { after, limit, who, from, to, verdict, command, actor, order } = options;
    const of = typeof who === "object" ? { externalUserId: who.user } : { attendeeId: who };
    const ask = (cursor: string | undefined, most: number) => {
      const { params, signal } = this.#read({}, options);
      const query = { after: cursor, limit: most, order, from, to, verdict, command, actor, ...of };
      return answerOf(this.#api.GET("/meetings/{meetingId}/history", { params: { ...params, query }, signal }));
    };
    return historyOf(ask, (wait) => this.#gavel.clock.pause(wait, options.signal), after, limit);
  }

  change(changeId: string, options?: ReadOptions): Promise<t.Change> {
    const path = { changeId };
    return answerOf(this.#api.GET("/meetings/{meetingId}/changes/{changeId}", this.#read(path, options)));
  }

  /**
   * What became of a change that was `pending`: asks until it is final. Null where nothing was changed.
   * Raises `Unsettled` if it takes longer than `within`, two minutes by default.
   */
  settled(
    answer: string | { changeId: string | null },
    options: SettledOptions & ReadOptions = {},
  ): Promise<t.Change | null> {
    const changeId = typeof answer === "string" ? answer : answer.changeId;
    if (changeId === null) return Promise.resolve(null);
    return settled(() => this.change(changeId, options), this.#gavel.clock, options);
  }

  /** Listens from now on, over one WebSocket that comes back by itself. */
  live(listener?: Listener, options?: LiveOptions): Live {
    return new Live(this.#gavel, this, listener, options);
  }

  /** Where to listen; `live` asks by itself. */
  ticket(options?: ReadOptions): Promise<t.Ticket> {
    return answerOf(this.#api.POST("/meetings/{meetingId}/live", this.#read({}, options)));
  }

  // What people send and receive

  async mute(who: t.Who, options: MuteOptions = {}): Promise<t.ChangeAnswer> {
    const body = { ...mediaOf(options), durationSeconds: lasting(options.for), liftableBy: options.liftableBy };
    return answerOf(this.#api.POST(`${ATTENDEE}/mute`, { body, ...this.#at(who, options) }));
  }

  /** Lifts. What is withheld all the same, by a mute-all for example: `capability-unavailable`, with the `limits`. */
  unmute(who: t.Who, options: WithMedia = {}): Promise<t.ChangeAnswer> {
    return answerOf(this.#api.POST(`${ATTENDEE}/unmute`, { body: mediaOf(options), ...this.#at(who, options) }));
  }

  /** Make it so: exactly these, or a problem. */
  setCapabilities(
    who: t.Who,
    capabilities: Partial<t.Capabilities>,
    options: WithReason = {},
  ): Promise<t.ChangeAnswer> {
    const body = { ...capabilities, reason: options.reason };
    return answerOf(this.#api.PATCH(`${ATTENDEE}/capabilities`, { body, ...this.#at(who, options) }));
  }

  /** Withholds everything, receiving too. */
  hold(who: t.Who, options: WithReason = {}): Promise<t.ChangeAnswer> {
    return answerOf(this.#api.POST(`${ATTENDEE}/hold`, { body: why(options), ...this.#at(who, options) }));
  }

  release(who: t.Who, options: WithReason = {}): Promise<t.ChangeAnswer> {
    return answerOf(this.#api.POST(`${ATTENDEE}/release`, { body: why(options), ...this.#at(who, options) }));
  }

  /** Binds those who come later, too, until lifted. Silence in every sense needs `["audio", "content"]`. */
  async muteAll(options: MuteAllOptions = {}): Promise<t.MeetingChangeAnswer> {
    const lasts = { durationSeconds: lasting(options.for), liftableBy: options.liftableBy };
    const body = { ...mediaOf(options), ...lasts, except: options.except };
    return answerOf(this.#api.POST("/meetings/{meetingId}/mute-all", { body, ...this.#write({}, options) }));
  }

  unmuteAll(options: WithMedia = {}): Promise<t.MeetingChangeAnswer> {
    const body = mediaOf(options);
    return answerOf(this.#api.POST("/meetings/{meetingId}/unmute-all", { body, ...this.#write({}, options) }));
  }

  // People

  setRole(who: t.Who, role: string, options: WithReason = {}): Promise<t.ChangeAnswer> {
    return answerOf(this.#api.PUT(`${ATTENDEE}/role`, { body: { role, ...why(options) }, ...this.#at(who, options) }));
  }

  /** Removes the user from the meeting; with `ban` they stay out. */
  async remove(who: t.Who, options: Banning & { ban?: boolean } = {}): Promise<t.ChangeAnswer> {
    const body = { ban: options.ban, until: instant(options.until), ...why(options) };
    return answerOf(this.#api.POST(`${ATTENDEE}/remove`, { body, ...this.#at(who, options) }));
  }

  async ban({ user }: t.UserRef, options: Banning = {}): Promise<t.ChangeAnswer> {
    const [body, rest] = [
      { until: instant(options.until), ...why(options) },
      this.#write({ externalUserId: user }, options),
    ];
    return answerOf(this.#api.PUT("/meetings/{meetingId}/bans/{externalUserId}", { body, ...rest }));
  }

  unban({ user }: t.UserRef, options: WriteOptions = {}): Promise<t.ChangeAnswer> {
    const rest = this.#write({ externalUserId: user }, options);
    return answerOf(this.#api.DELETE("/meetings/{meetingId}/bans/{externalUserId}", rest));
  }

  /** Lets somebody in who waits in the lobby, or with `admit: false` not. */
  admit(
    { user }: t.UserRef,
    { admit = true, ...options }: WithReason & { admit?: boolean } = {},
  ): Promise<t.ChangeAnswer> {
    const rest = this.#write({ externalUserId: user }, options);
    return answerOf(
      this.#api.PUT("/meetings/{meetingId}/lobby/{externalUserId}", { body: { admit, ...why(options) }, ...rest }),
    );
  }

  /** Gives up waiting in the lobby. */
  leaveLobby({ user }: t.UserRef, options: WriteOptions = {}): Promise<t.ChangeAnswer> {
    const rest = this.#write({ externalUserId: user }, options);
    return answerOf(this.#api.DELETE("/meetings/{meetingId}/lobby/{externalUserId}", rest));
  }

  raiseHand(who: t.Who, options: WithReason = {}): Promise<t.ChangeAnswer> {
    return answerOf(this.#api.PUT(`${ATTENDEE}/hand`, { body: why(options), ...this.#at(who, options) }));
  }

  lowerHand(who: t.Who, options: WriteOptions = {}): Promise<t.ChangeAnswer> {
    return answerOf(this.#api.DELETE(`${ATTENDEE}/hand`, this.#at(who, options)));
  }

  /** Lowers every hand. */
  lowerAllHands(options: WithReason = {}): Promise<t.MeetingChangeAnswer> {
    const request = { body: why(options), ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/hands/lower-all", request));
  }

  /** A turn to speak, which ends by itself; lowers the hand. */
  async grantFloor(who: t.Who, options: FloorOptions = {}): Promise<t.ChangeAnswer> {
    const body = { ...mediaOf(options), durationSeconds: lasting(options.for), exclusive: options.exclusive };
    return answerOf(this.#api.POST(`${ATTENDEE}/floor`, { body, ...this.#at(who, options) }));
  }

  endFloor(who: t.Who, options: WriteOptions = {}): Promise<t.ChangeAnswer> {
    return answerOf(this.#api.DELETE(`${ATTENDEE}/floor`, this.#at(who, options)));
  }

  /** The user's own answer to a request to unmute, which their attendee shows as `asked`. */
  consent(who: t.Who, changeId: string, accept: boolean, options: WriteOptions = {}): Promise<t.ChangeAnswer> {
    return answerOf(this.#api.PUT(`${ATTENDEE}/consent`, { body: { changeId, accept }, ...this.#at(who, options) }));
  }

  // Several people in one request, up to 250: the answer has an outcome for each

  async muteSelected(who: readonly t.Who[], options: MuteOptions = {}): Promise<t.SelectionAnswer> {
    const body = { ...mediaOf(options), durationSeconds: lasting(options.for), liftableBy: options.liftableBy };
    const request = { body: { ...body, ...idsOf(who) }, ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/mute", request));
  }

  unmuteSelected(who: readonly t.Who[], options: WithMedia = {}): Promise<t.SelectionAnswer> {
    const request = { body: { ...mediaOf(options), ...idsOf(who) }, ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/unmute", request));
  }

  lowerHands(who: readonly t.Who[], options: WithReason = {}): Promise<t.SelectionAnswer> {
    const request = { body: { ...why(options), ...idsOf(who) }, ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/hands/lower", request));
  }

  setRoles(who: readonly t.Who[], role: string, options: WithReason = {}): Promise<t.SelectionAnswer> {
    const request = { body: { role, ...why(options), ...idsOf(who) }, ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/roles", request));
  }

  async removeSelected(who: readonly t.Who[], options: Banning & { ban?: boolean } = {}): Promise<t.SelectionAnswer> {
    const body = { ban: options.ban, until: instant(options.until), ...why(options) };
    const request = { body: { ...body, ...idsOf(who) }, ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/remove", request));
  }

  // The meeting

  setMode(mode: string, options: WithReason = {}): Promise<t.MeetingChangeAnswer> {
    return this.#patch({ mode }, options);
  }

  /** While the meeting is frozen, no user gets more capabilities. */
  freeze(options: WithReason = {}): Promise<t.MeetingChangeAnswer> {
    return this.#patch({ frozen: true }, options);
  }

  unfreeze(options: WithReason = {}): Promise<t.MeetingChangeAnswer> {
    return this.#patch({ frozen: false }, options);
  }

  settings(settings: t.Settings, options: WithReason = {}): Promise<t.MeetingChangeAnswer> {
    return this.#patch(settings, options);
  }

  /** Restores the rules which that change replaced, if no later one has replaced them again. */
  undo(changeId: string, options: WithReason = {}): Promise<t.UndoAnswer> {
    const body = { changeId, ...why(options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/undo", { body, ...this.#write({}, options) }));
  }

  /** For everybody. */
  end(options: WithReason = {}): Promise<t.MeetingChangeAnswer> {
    return answerOf(this.#api.POST("/meetings/{meetingId}/end", { body: why(options), ...this.#write({}, options) }));
  }

  // For back ends, whose token has the scope `gavel/admin`

  register(registration: t.Registration = {}, options: WriteOptions = {}): Promise<t.MeetingShown> {
    return answerOf(this.#api.PUT("/meetings/{meetingId}", { body: registration, ...this.#write({}, options) }));
  }

  /** What `CreateAttendee` shall give each of these people. */
  async admissions(users: t.ToAdmit[], options: WriteOptions = {}): Promise<t.Admission[]> {
    const rest = this.#write({}, options);
    return (await answerOf(this.#api.POST("/meetings/{meetingId}/admissions", { body: { users }, ...rest }))).items;
  }

  /** An attendee just created, before its JoinToken is handed out. `displayName`: what pages show instead of the user's id. */
  bind(attendeeId: string, options: WriteOptions & { displayName?: string } = {}): Promise<t.Attendee> {
    const { displayName, ...rest } = options;
    const body = displayName === undefined ? {} : { displayName };
    return answerOf(this.#api.PUT(ATTENDEE, { body, ...this.#at(attendeeId, rest) }));
  }

  get #api() {
    return this.#gavel.api;
  }

  #patch(
    settings: t.Settings & { mode?: string; frozen?: boolean },
    options: WithReason,
  ): Promise<t.MeetingChangeAnswer> {
    const body = { ...settings, ...why(options) };
    return answerOf(this.#api.PATCH("/meetings/{meetingId}", { body, ...this.#write({}, options) }));
  }

  #at(who: t.Who, options: WriteOptions) {
    return this.#write({ attendeeId: attendeeOrUser(who) }, options);
  }

  #read<P extends object>(path: P, options: ReadOptions = {}) {
    const header = actingFor(this.#gavel, options.onBehalfOf);
    return { params: { path: { meetingId: this.meetingId, ...path }, header }, signal: options.signal };
  }

  #write<P extends object>(path: P, options: WriteOptions) {
    const { params, signal } = this.#read(path, options);
    const header = {
      ...params.header,
      "If-Match": options.ifMatch === undefined ? undefined : `"${options.ifMatch.replaceAll('"', "")}"`,
      "Idempotency-Key": options.dryRun ? undefined : (options.idempotencyKey ?? newKey()),
    };
    return { params: { path: params.path, header, query: { dryRun: options.dryRun || undefined } }, signal };
  }
}

const ATTENDEE = "/meetings/{meetingId}/attendees/{attendeeId}";

/** The document, or a `Problem`. */
export async function answerOf<T>(said: Promise<Said<T>>): Promise<T> {
  const { data, error, response } = await said;
  if (data === undefined) throw problemOf(response.status, error);
  return data;
}
