import createClient, { type Client } from "openapi-fetch";

import type { SocketMaker } from "./connection.js";
import { Meeting } from "./meeting.js";
import { RETRY, retrying, SURROUNDINGS, type Fetch, type Retry, type Surroundings } from "./retry.js";
import type { paths } from "./schema.js";

export interface GavelOptions {
  /** Where the API is: the output `ApiUrl` of the stack. */
  url: string;
  /** Asked before each try, so it may hand out a new token whenever the old one has aged. */
  token: () => string | Promise<string>;
  /** A back end acts for this person, unless a call says otherwise. */
  onBehalfOf?: string;
  retry?: Partial<Retry>;
  /** The platform's own by default. */
  fetch?: Fetch;
  /** The platform's own by default; Node.js has one from version 22 on. */
  WebSocket?: SocketMaker;
  surroundings?: Surroundings;
}

/** The moderator's gavel: `gavel.meeting(id).mute(attendeeId, {for: "5m"})`. */
export class Gavel {
  /** Every route, typed, with token and retries: for what has no method of its own. */
  readonly api: Client<paths>;
  readonly options: Readonly<GavelOptions>;
  readonly surroundings: Surroundings;

  constructor(options: GavelOptions) {
    this.options = options;
    this.surroundings = options.surroundings ?? SURROUNDINGS;
    const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
    const authorization = async () => ({ Authorization: `Bearer ${await options.token()}` });
    const retry = { ...RETRY, ...options.retry };
    this.api = createClient<paths>({
      baseUrl: options.url.replace(/\/+$/, ""),
      fetch: retrying(send, authorization, retry, this.surroundings),
      pathSerializer: pathOf,
    });
  }

  meeting(meetingId: string): Meeting {
    return new Meeting(this, meetingId);
  }
}

const PERSON = "user:";

/** A person where a route has `{attendeeId}`: `pathOf` turns the route into that of the person. */
export function seatOrPerson(who: string | { user: string }): string {
  return typeof who === "string" ? who : `${PERSON}${who.user}`;
}

/** The path with its parameters in it. `/users/{u}` may stand wherever a route has `/attendees/{a}`. */
export function pathOf(route: string, parameters: Record<string, unknown>): string {
  const seat = parameters["attendeeId"];
  if (typeof seat === "string" && seat.startsWith(PERSON)) {
    const user = { ...parameters, externalUserId: seat.slice(PERSON.length), attendeeId: undefined };
    return pathOf(route.replace("/attendees/{attendeeId}", "/users/{externalUserId}"), user);
  }
  return route.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(parameters[name]);
    return name === "externalUserId" ? userInPath(value) : encodeURIComponent(value);
  });
}

/** Percent-encoded, or `~` and base64url where servers on the way might understand an ExternalUserId as something else. */
export function userInPath(user: string): string {
  if (!/[/\\%~]|^\.+$/.test(user)) return encodeURIComponent(user);
  const bytes = String.fromCharCode(...new TextEncoder().encode(user));
  return `~${btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}
