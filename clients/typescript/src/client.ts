import createClient, { type Client } from "openapi-fetch";

import type { SocketMaker } from "./connection.js";
import { Meeting } from "./meeting.js";
import { Meetings } from "./meetings.js";
import { RETRY, retrying, SYSTEM_CLOCK, type Clock, type Fetch, type Retry } from "./retry.js";
import type { paths } from "./schema.js";

export interface GavelOptions {
  /** Where the API is: the output `ApiUrl` of the stack. */
  url: string;
  /** Asked before each try, so it may hand out a new token whenever the old one has aged. */
  token: () => string | Promise<string>;
  /** A back end acts for this user, unless a call says otherwise. */
  onBehalfOf?: string;
  retry?: Partial<Retry>;
  /** The platform's own by default. */
  fetch?: Fetch;
  /** The platform's own by default; Node.js has one from version 22 on. */
  WebSocket?: SocketMaker;
  clock?: Clock;
}

/** The moderator's gavel: `gavel.meeting(id).mute(attendeeId, {for: "5m"})`. */
export class Gavel {
  /** Every route, typed, with token and retries: for what has no method of its own. */
  readonly api: Client<paths>;
  readonly options: Readonly<GavelOptions>;
  readonly clock: Clock;

  constructor(options: GavelOptions) {
    this.options = options;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
    const authorization = async () => ({ Authorization: `Bearer ${await options.token()}` });
    const retry = { ...RETRY, ...options.retry };
    this.api = createClient<paths>({
      baseUrl: options.url.replace(/\/+$/, ""),
      fetch: retrying(send, authorization, retry, this.clock),
      pathSerializer: pathOf,
    });
  }

  get meetings(): Meetings {
    return new Meetings(this);
  }

  meeting(meetingId: string): Meeting {
    return new Meeting(this, meetingId);
  }
}

const USER = "user:";

/** A user where a route has `{attendeeId}`: `pathOf` turns the route into that of the user. */
export function attendeeOrUser(who: string | { user: string }): string {
  return typeof who === "string" ? who : `${USER}${who.user}`;
}

/** The users of a selection, as bodies name them. */
export function idsOf(who: readonly (string | { user: string })[]): {
  attendeeIds?: string[];
  externalUserIds?: string[];
} {
  const attendeeIds = who.filter((each) => typeof each === "string");
  const externalUserIds = who.flatMap((each) => (typeof each === "string" ? [] : [each.user]));
  return { ...(attendeeIds.length && { attendeeIds }), ...(externalUserIds.length && { externalUserIds }) };
}

/** The path with its parameters in it. `/users/{u}` may stand wherever a route has `/attendees/{a}`. */
export function pathOf(route: string, parameters: Record<string, unknown>): string {
  const attendee = parameters["attendeeId"];
  if (typeof attendee === "string" && attendee.startsWith(USER)) {
    const user = { ...parameters, externalUserId: attendee.slice(USER.length), attendeeId: undefined };
    return pathOf(route.replace("/attendees/{attendeeId}", "/users/{externalUserId}"), user);
  }
  return route.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(parameters[name]);
    return name === "externalUserId" ? userInPath(value) : encodeURIComponent(value);
  });
}

/** The header that names the user on whose behalf a back end asks. */
export function actingFor({ options }: Gavel, user = options.onBehalfOf): { "Gavel-On-Behalf-Of"?: string } {
  return user === undefined ? {} : { "Gavel-On-Behalf-Of": userInPath(user) };
}

/** Percent-encoded, or `~` and base64url where servers on the way might understand an ExternalUserId as something else. */
export function userInPath(user: string): string {
  if (!/[/\\%~]|^\.+$/.test(user)) return encodeURIComponent(user);
  const bytes = String.fromCharCode(...new TextEncoder().encode(user));
  return `~${btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}
