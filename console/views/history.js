/** What was done, by whom and why, newest first. Each deed is one line, with what has become of it. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {repeat} from "../vendor/lit-html/directives/repeat.js";
import {deeds, fateOf} from "../deeds.js";
import {timeOfDay} from "../words.js";
import {icon} from "./icons.js";

/** @typedef {import("../session.js").Session} Session @typedef {import("../store.js").Entry} Entry */

const AT_ONCE = 100;
const OF_NOBODY = new Set(["register", "bind", "expire", "end", "undo"]);

/** @param {Session} session */
export function history(session) {
  const {store, filter} = session;
  const recent = filter.refused ? store.history() : store.history().slice(0, AT_ONCE * 4);
  const lines = told(recent, store.fates).filter((line) => !filter.refused || line.fate === "refused");
  return html`<section class="panel history" aria-labelledby="history-title">
    <header class="panel-head"><h2 id="history-title">${store.may("view-history") ? "History" : "What was done to you"}</h2>
      ${store.may("view-history") ? html`<label class="check"><input type="checkbox" .checked=${filter.refused} @change=${(/** @type {any} */ e) => session.narrow({refused: e.target.checked})} />refused only</label>` : nothing}
    </header>
    <div class="log" role="log" aria-label="History, newest first" tabindex="0">
      <ol>${repeat(lines.slice(0, AT_ONCE), (line) => line.entry.entryId, (line) => item(session, line))}</ol>
    </div>
    ${lines.length ? nothing : html`<p class="empty">Nothing since you came.</p>`}
  </section>`;
}

/**
 * Deeds with what became of them; what belongs to no deed stands for itself.
 * @param {Entry[]} newestFirst @param {Map<string, string>} fates as the server told when asked @returns {{entry: Entry, fate: string, detail: string[]}[]}
 */
export function told(newestFirst, fates = new Map()) {
  /** @type {Map<string, {entry: Entry, fate: string, detail: string[]}>} */
  const decided = new Map();
  for (const entry of newestFirst)
    if (entry.type === "Moderation Decided" && entry.verdict === "accepted" && entry.changeId)
      decided.set(entry.changeId, {entry, fate: fates.get(entry.changeId) ?? "pending", detail: []});
  /** @type {{entry: Entry, fate: string, detail: string[]}[]} */
  const lines = [];
  for (const entry of [...newestFirst].reverse()) {
    const of = decided.get(entry.changeId);
    if (of && of.entry === entry) lines.push(of);
    else if (of && fateOf(entry)) {
      of.fate = fateOf(entry) ?? of.fate;
      if (entry.type === "Attendee Capabilities Changed") of.detail.push(entry.summary);
    } else lines.push({entry, fate: entry.verdict === "refused" ? "refused" : "", detail: []});
  }
  return lines.reverse();
}

/** @param {Session} session @param {{entry: Entry, fate: string, detail: string[]}} line */
function item(session, {entry, fate, detail}) {
  const {entryId, summary, occurredAt, changeId, command} = entry;
  const undoable = fate && fate !== "refused" && changeId && session.store.may("undo") && !OF_NOBODY.has(command);
  return html`<li class="line ${fate}" data-entry=${entryId} data-fate=${fate}>
    <time datetime=${occurredAt}>${timeOfDay(occurredAt)}</time>
    <div class="line-said"><span class="summary">${summary}</span>
      ${fate ? html`<span class="fate ${fate}">${mark(fate)}${fate}</span>` : nothing}
      ${detail.map((each) => html`<span class="detail">${each}</span>`)}
    </div>
    ${undoable ? html`<button type="button" class="button tiny quiet" aria-label=${`Undo: ${summary}`} title="Undo" @click=${() => session.desk.run(deeds.undo(changeId, summary))}>${icon("undo")}</button>` : nothing}
  </li>`;
}

/** @param {string} fate */
function mark(fate) {
  return fate === "applied" ? icon("done") : fate === "refused" ? icon("refused") : fate === "pending" ? icon("clock") : icon("warning");
}
