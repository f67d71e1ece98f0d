import type { Entry, Who } from "./types.js";

/** Items of all pages, each page asked for when the one before is used up. */
export async function* pagesOf<T>(
  ask: (nextToken: string | undefined) => Promise<{ items: T[]; nextToken?: string | null }>,
): AsyncIterable<T> {
  let nextToken: string | null | undefined;
  do {
    const page = await ask(nextToken ?? undefined);
    yield* page.items;
    nextToken = page.nextToken;
  } while (nextToken);
}

export interface HistoryOptions {
  /** The cursor of an earlier look. */
  after?: string;
  /** Entries a page, 100 by default. */
  limit?: number;
  /** Only what concerns this user. */
  who?: Who;
  /** Not before this time: ISO 8601. */
  from?: string;
  /** Before this time: ISO 8601. */
  to?: string;
  /** Only decisions of this kind. */
  verdict?: "accepted" | "refused";
  /** Only what this command brought about. */
  command?: string;
  /** Only what was brought about by this `actor.id`. */
  actor?: string;
  /** `asc`, oldest first, is the default; `desc`: newest first. */
  order?: "asc" | "desc";
}

export interface HistoryPages extends AsyncIterable<Entry> {
  /** Where to go on later: of the last page that was read. It stays some seconds behind, so entries may repeat. */
  readonly cursor: string | undefined;
}

const MOST = 100;
const AGAIN_MILLISECONDS = 1_000;

/**
 * The cursor stays seconds behind. Where as much as a page has happened since, the same page comes again: then more is
 * asked for at once, or, where that is not possible, a little later.
 */
export function historyOf(
  ask: (after: string | undefined, limit: number) => Promise<{ items: Entry[]; cursor: string }>,
  pause: (milliseconds: number) => Promise<void>,
  after: string | undefined,
  limit = MOST,
): HistoryPages {
  const pages = { cursor: after, [Symbol.asyncIterator]: entries };
  async function* entries(): AsyncGenerator<Entry> {
    const seen = new Set<string>();
    for (let most = limit; ;) {
      const page = await ask(pages.cursor, most);
      const unseen = page.items.filter((entry) => !seen.has(entry.entryId));
      for (const entry of unseen) {
        seen.add(entry.entryId);
        yield entry;
      }
      pages.cursor = page.cursor;
      if (page.items.length < most) return;
      if (unseen.length > 0) continue;
      if (most >= MOST) await pause(AGAIN_MILLISECONDS);
      most = Math.min(MOST, 2 * most);
    }
  }
  return pages;
}
