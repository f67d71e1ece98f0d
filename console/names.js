/** What users are called: the display name as far as it is known, else the id, shortened. Commands take ids alone. */

import {html} from "./vendor/lit-html/lit-html.js";
import {shortId} from "./vendor/gavel-client/gavel-client.js";

/** @typedef {{externalUserId: string, displayName?: string | null}} Named */

/** @type {Map<string, string>} */
const known = new Map();
/** How many users each name has. @type {Map<string, number>} */
const counts = new Map();

/** The newest names of these users; names of others stay. @param {Iterable<Named>} users */
export function learn(users) {
  for (const {externalUserId: id, displayName} of users) {
    const before = known.get(id);
    if (before === (displayName ?? undefined)) continue;
    if (before !== undefined) counts.set(before, (counts.get(before) ?? 1) - 1);
    if (displayName) {
      known.set(id, displayName);
      counts.set(displayName, (counts.get(displayName) ?? 0) + 1);
    } else known.delete(id);
  }
}

/** As text, for labels. @param {string} id */
export const called = (id) => known.get(id) ?? shortId(id);

/** As it stands on the page: a piece of its own, whatever its script, with the id on demand. @param {string} id */
export const user = (id) => html`<bdi class="user" title=${id}>${called(id)}</bdi>`;

/** Whether somebody else has the same name, so that the id has to tell them apart. @param {string} id */
export function isAmbiguous(id) {
  const name = known.get(id);
  return name !== undefined && (counts.get(name) ?? 0) > 1;
}

/** Whether the user is found by a part of the name or of the id. @param {string} id @param {string} text in lower case */
export const matches = (id, text) => `${called(id)} ${id}`.toLowerCase().includes(text);

/** @typedef {{text?: string | null, externalUserId?: string | null}} Part of a sentence of the history */

/** @param {Part[]} parts */
export const sentence = (parts) => parts.map(({text, externalUserId: id}) => (id ? called(id) : text)).join("");

/** @param {Part[]} parts */
export const richSentence = (parts) => parts.map(({text, externalUserId: id}) => (id ? user(id) : text));
