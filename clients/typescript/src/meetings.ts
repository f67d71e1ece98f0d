import { actingFor, type Gavel } from "./client.js";
import { answerOf } from "./meeting.js";
import { instant, type ReadOptions } from "./options.js";
import { pagesOf } from "./pages.js";
import type * as t from "./types.js";

/** Which meetings are wanted; what is left out is left open. */
export interface MeetingFilter extends ReadOptions {
  externalMeetingId?: string;
  /** Only meetings in which this user is known. */
  user?: string;
  /** Registered at this time or later. */
  from?: Date | string;
  /** Registered before this time. */
  to?: Date | string;
  /** Meetings a page, 50 by default. */
  limit?: number;
}

/** All meetings: for back ends. */
export class Meetings {
  readonly #gavel: Gavel;

  constructor(gavel: Gavel) {
    this.#gavel = gavel;
  }

  /** Registered meetings, newest first; pages are asked for as they are needed. */
  list({ from, to, onBehalfOf, signal, ...rest }: MeetingFilter = {}): AsyncIterable<t.MeetingShown> {
    const header = actingFor(this.#gavel, onBehalfOf);
    return pagesOf((nextToken) => {
      const query = { ...rest, from: instant(from), to: instant(to), nextToken };
      return answerOf(this.#gavel.api.GET("/meetings", { params: { header, query }, signal }));
    });
  }
}
