/** The commands with their actors and reasons, newest first: one line and one outcome each, details on demand. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {guard} from "../vendor/lit-html/directives/guard.js";
import {repeat} from "../vendor/lit-html/directives/repeat.js";
import {outcomeOf} from "../commands.js";
import {called} from "../names.js";
import {AS_MARKUP, AS_TEXT, told} from "../sentences.js";
import {list, MEDIA, t, timeOfDay} from "../words.js";
import {icon} from "./icons.js";

/** @typedef {import("../session.js").Session} Session @typedef {import("../store.js").Entry} Entry
 * @typedef {{entry: Entry, outcome: string, people: string[], details: Entry[], more: Line[]}} Line */

const AT_ONCE = 100;
const TOGETHER_MS = 60_000;
const NOT_UNDOABLE = new Set(["register", "bind", "expire", "end", "undo", "admit", "consent", "raise-hand", "lower-hand", "remove", "lower-all-hands", "leave-lobby", "admit-users"]);
const SOME = 12;

/** Drawn anew only if something is known that was not before. @param {Session} session */
export const history = (session) => guard([session, session.store.version, session.place.refused], () => drawn(session));

/** @param {Session} session */
function drawn(session) {
  const {store, place} = session;
  const recent = place.refused ? store.history() : store.history().slice(0, AT_ONCE * 4);
  const lines = grouped(linesOf(recent, store.outcomes)).filter((line) => !place.refused || line.outcome === "refused");
  const mayOversee = store.may("view-history");
  return html`<section class="panel history" id="history" aria-labelledby="history-title" data-panel="history">
    <header class="panel-head"><h2 id="history-title">${t(mayOversee ? "history.title" : "history.own-title")}</h2>
      ${mayOversee ? html`<label class="check"><input type="checkbox" .checked=${place.refused} @change=${(/** @type {any} */ e) => session.look({refused: e.target.checked})} />${t("history.refused-only")}</label>` : nothing}
    </header>
    <div class="log" role="log" aria-label=${t("history.title")} tabindex="0">
      <ol>${repeat(lines.slice(0, AT_ONCE), (line) => line.entry.entryId, (line) => item(session, line))}</ol>
    </div>
    ${lines.length ? nothing : html`<p class="empty">${t("history.none")}</p>`}
  </section>`;
}

/**
 * Commands with what became of them; what belongs to no command stands for itself.
 * @param {Entry[]} newestFirst @param {Map<string, string>} outcomes as the server told when asked @returns {Line[]}
 */
export function linesOf(newestFirst, outcomes = new Map()) {
  /** @type {Map<string, Line>} */
  const decided = new Map();
  for (const entry of newestFirst)
    if (entry.type === "Moderation Decided" && entry.verdict === "accepted" && entry.changeId)
      decided.set(entry.changeId, lineOf(entry, outcomes.get(entry.changeId) ?? "pending"));
  /** @type {Line[]} */
  const lines = [];
  for (const entry of [...newestFirst].reverse()) {
    const of = decided.get(entry.changeId);
    if (of && of.entry === entry) lines.push(of);
    else if (of && outcomeOf(entry)) {
      of.outcome = outcomeOf(entry) ?? of.outcome;
      if (entry.type !== "Attendee Capabilities Changed") continue;
      of.people.push(...(entry.attendees ?? []).map((/** @type {any} */ each) => each.externalUserId));
      of.details.push(entry);
    } else if (of && entry.type === "Moderation Delayed") continue; // its line says "pending" until it says what became of it
    else if (changesNothing(entry)) continue;
    else lines.push(lineOf(entry, entry.verdict === "refused" ? "refused" : ""));
  }
  return lines.reverse();
}

/** A floor, say, of a user who may speak anyway. @param {Entry} entry */
const changesNothing = ({type, attendees = []}) => type === "Attendee Capabilities Changed"
  && attendees.every((/** @type {any} */ {before, after}) => MEDIA.every((medium) => before?.[medium] === after?.[medium]));

/** @param {Entry} entry @param {string} outcome @returns {Line} */
const lineOf = (entry, outcome) => ({entry, outcome, people: [], details: [], more: []});

/** The same done to one after the other is one line for each outcome. @param {Line[]} lines newest first @returns {Line[]} */
export function grouped(lines) {
  /** @type {Line[]} */
  const groups = [];
  for (const line of lines) {
    const group = groups.slice(groups.findLastIndex(({entry}) => !isSame(entry, line.entry)) + 1).find(({outcome}) => outcome === line.outcome);
    if (group) group.more.push(line);
    else groups.push({...line, more: []});
  }
  return groups;
}

/** @param {Entry} a @param {Entry} b */
function isSame(a, b) {
  return a.type === "Moderation Decided" && a.type === b.type && a.command === b.command && a.actor?.id === b.actor?.id
    && a.attendees?.length === 1 && b.attendees?.length === 1 && a.verdict === b.verdict && a.reason === b.reason && a.code === b.code
    && JSON.stringify(a.parameters) === JSON.stringify(b.parameters) && Math.abs(Date.parse(a.occurredAt) - Date.parse(b.occurredAt)) < TOGETHER_MS;
}

/** @param {Session} session @param {Line} line */
function item(session, line) {
  const {entry, outcome, more} = line;
  const {entryId, occurredAt} = entry;
  const changeIds = [line, ...more].map(({entry: {changeId}}) => changeId);
  const undone = changeIds.every((changeId) => session.store.undone.has(changeId));
  const said = undone ? "undone" : outcome;
  const isUndoable = outcome && !["refused", "superseded", "abandoned", "declined", "expired"].includes(outcome) && !undone && entry.changeId && session.store.isOpen
    && session.store.may("undo") && !NOT_UNDOABLE.has(entry.command);
  const summary = summaryOf(session, line, AS_TEXT);
  return html`<li class="line ${said}" data-entry=${entryId} data-outcome=${said}>
    <time datetime=${occurredAt}>${timeOfDay(occurredAt)}</time>
    <div class="line-said"><span class="summary" dir="auto">${summaryOf(session, line, AS_MARKUP)}</span>
      ${said ? html`<span class="outcome ${said}">${mark(said)}${t(`outcome.${said}`)}</span>` : nothing}
      ${details(session, line)}
    </div>
    ${isUndoable ? html`<button type="button" class="button tiny quiet" aria-label=${t("do.undo", {what: summary})} title=${t("undo")} @click=${() => session.desk.undo(changeIds, summary)}>${icon("undo")}</button>` : nothing}
  </li>`;
}

/** @param {Session} session @param {Line} line @param {import("../sentences.js").Speech} speech */
function summaryOf(session, {entry, more}, speech) {
  const what = told(entry, speech);
  if (more.length) return speech.say("history.and-others", {what, count: more.length});
  if (entry.command === "undo" && entry.type === "Moderation Decided" && entry.verdict === "accepted") {
    const of = session.store.history().find((each) => each.changeId === entry.parameters?.changeId && each.type === "Moderation Decided");
    const actor = entry.actor?.id ?? entry.attendees?.[0]?.externalUserId ?? "";
    if (of) return speech.say("history.undid", {actor: speech.name(actor), what: told(of, speech)});
  }
  return what;
}

/** @param {Session} session @param {Line} line */
function details(session, line) {
  const {entry, people, details: said, more} = line;
  const names = more.length ? [line, ...more].flatMap((each) => each.entry.attendees?.map((/** @type {any} */ one) => one.externalUserId) ?? []) : people;
  const lines = more.length ? [] : said;
  if (names.length < 2 && !lines.length && !entry.policies?.length) return nothing;
  const named = names.length > SOME ? `${list(names.slice(0, SOME).map(called))} …` : list(names.map(called));
  return html`<details class="details" ?open=${session.opened.has(entry.entryId)} @toggle=${(/** @type {any} */ event) => event.target.open ? session.opened.add(entry.entryId) : session.opened.delete(entry.entryId)}>
    <summary>${names.length > 1 ? t("history.people", {count: names.length}) : t("history.details")}</summary>
    ${names.length > 1 ? html`<p dir="auto">${named}</p>` : lines.map((each) => html`<p dir="auto">${told(each, AS_MARKUP)}</p>`)}
    ${entry.policies?.length ? html`<p>${t("notice.policy")} ${entry.policies.map((/** @type {string} */ id) => html`<code>${id}</code> `)}</p>` : nothing}
  </details>`;
}

/** @param {string} outcome */
function mark(outcome) {
  return outcome === "applied" ? icon("done") : outcome === "refused" ? icon("refused") : outcome === "pending" ? icon("clock") : outcome === "undone" ? icon("undo") : icon("warning");
}
