/** Everybody in the meeting, person by person, in rows of one height: only those in sight are drawn. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {guard} from "../vendor/lit-html/directives/guard.js";
import {repeat} from "../vendor/lit-html/directives/repeat.js";
import {bulkCommands, commands} from "../commands.js";
import {stateOf} from "../capabilities.js";
import {called, isAmbiguous, matches, user} from "../names.js";
import {compared, MEDIA, number, sorting, t, word} from "../words.js";
import {shortId} from "../vendor/gavel-client/gavel-client.js";
import {icon} from "./icons.js";
import {avatar, button, cell, countdown, focusOn, remedyOf, roleName} from "./parts.js";

/** @typedef {import("../session.js").Session} Session @typedef {import("../store.js").Person} Person
 * @typedef {import("../words.js").Medium} Medium */

const HEIGHT = 40;
/** Rows that are drawn out of sight: more where the list is scrolled. */
const [BEYOND, BELOW] = [6, 2];
const RANKS = ["host", "cohost", "presenter", "participant", "viewer"];
export const TURN = 120;

/** @type {Record<string, (person: Person) => boolean>} */
const FILTERS = {
  all: () => true,
  muted: (person) => !stateOf(person.shown, "audio").allowed,
  heard: (person) => stateOf(person.shown, "audio").allowed,
  hands: (person) => Boolean(person.shown.hand),
  unsettled: (person) => person.shown.status !== "applied",
};

const inOrder = sorting((/** @type {Person} */ {id, role}) => `${role ?? ""} ${id} ${called(id)}`, byRank);

/** Those that the search and the filters leave, in their order. @param {Session} session */
export function wanted(session) {
  const {text, only, role} = session.place;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return inOrder(session.store.people()).filter((person) => FILTERS[only](person) && (!role || person.role === role) && found(session, person, words));
}

/** By any part of the name, and by words of what the row shows. @param {Session} session @param {Person} person @param {string[]} words */
function found(session, person, words) {
  if (!words.length) return true;
  const said = `${person.role ?? ""} ${roleName(session, person.role)}`.toLowerCase();
  return words.every((each) => matches(person.id, each) || said.includes(each));
}

/** @param {Person} a @param {Person} b */
function byRank(a, b) {
  const rank = (/** @type {Person} */ person) => (RANKS.indexOf(person.role ?? "") + RANKS.length + 1) % (RANKS.length + 1);
  return rank(a) - rank(b) || compared(called(a.id), called(b.id)) || compared(a.id, b.id);
}

/** @param {Session} session */
export function people(session) {
  const everybody = session.store.people();
  const shown = wanted(session);
  return html`<section class="panel people" id="people" aria-labelledby="people-title" data-panel="people">
    ${head(session, everybody, shown)}
    ${bulk(session, shown)}
    ${shown.length ? rows(session, shown) : html`<p class="empty">${everybody.length ? t("people.none-found") : t(session.store.meeting?.endedAt ? "over.title" : "people.none")}</p>`}
    ${absent(session, everybody)}
  </section>`;
}

/** @param {Session} session @param {Person[]} everybody @param {Person[]} shown */
function head(session, everybody, shown) {
  const {place} = session;
  const roles = [...new Set(everybody.map(({role}) => role ?? ""))].filter(Boolean);
  const all = shown.length === everybody.length ? number(everybody.length) : t("people.of", {shown: shown.length, all: everybody.length});
  const count = session.store.isWhole ? all : `${all} …`;
  return html`<header class="panel-head">
    <h2 id="people-title">${icon("people")}${t("people.title")} <span class="count">${count}</span></h2>
    <label class="field inline search"><span class="visually-hidden">${t("people.find")}</span>
      <input type="search" id="find" dir="auto" placeholder=${t("people.find")} aria-keyshortcuts="/" .value=${place.text}
        @input=${(/** @type {any} */ event) => session.look({text: event.target.value})} @keydown=${(/** @type {KeyboardEvent} */ event) => fromSearch(session, event)} /></label>
    <label class="field inline"><span class="visually-hidden">${t("people.show")}</span>
      <select @change=${(/** @type {any} */ event) => session.look({only: event.target.value})}>
        ${Object.keys(FILTERS).map((key) => html`<option value=${key} ?selected=${key === place.only}>${t(`filter.${key}`)}</option>`)}</select></label>
    <label class="field inline"><span class="visually-hidden">${t("role")}</span>
      <select @change=${(/** @type {any} */ event) => session.look({role: event.target.value})}>
        <option value="" ?selected=${!place.role}>${t("filter.any-role")}</option>
        ${roles.map((role) => html`<option value=${role} ?selected=${role === place.role}>${roleName(session, role)}</option>`)}</select></label>
  </header>`;
}

/** What is done with those who are marked. The user of the page is marked by hand alone. @param {Session} session @param {Person[]} shown */
function bulk(session, shown) {
  const {marked, store} = session;
  for (const id of marked) if (!store.person(id)) marked.delete(id);
  const others = shown.filter(({id}) => id !== store.myId);
  const all = others.length > 0 && others.every(({id}) => marked.has(id));
  const mark = (/** @type {any} */ event) => {
    for (const {id} of others) event.target.checked ? marked.add(id) : marked.delete(id);
    store.redraw();
  };
  return html`<div class="bulk" role="group" aria-label=${t("bulk.title")}>
    <label class="check"><input type="checkbox" .checked=${all} .indeterminate=${!all && marked.size > 0} @change=${mark} />${marked.size ? t("bulk.marked", {count: marked.size}) : t("bulk.mark-all")}</label>
    ${marked.size ? html`<span class="actions">
      ${["mute", "unmute"].map((kind) => html`<button type="button" class="button small" aria-disabled=${store.isOpen ? nothing : "true"} @click=${() => together(session, kind)}>${t(`bulk.${kind}`)}</button>`)}
      <button type="button" class="button small" aria-haspopup="dialog" @click=${() => session.open("bulk-role")}>${t("bulk.role")}</button>
      <button type="button" class="button small" @click=${() => together(session, "lower")}>${t("bulk.lower")}</button>
      <button type="button" class="button small danger" aria-haspopup="dialog" @click=${() => session.open("bulk-remove")}>${t("bulk.remove")}</button>
      <button type="button" class="button small quiet" @click=${() => (marked.clear(), store.redraw())}>${t("bulk.clear")}</button></span>` : nothing}
  </div>`;
}

/** The people that each command would change. @type {Record<string, (person: Person, said: string) => boolean>} */
const CHANGED = {
  mute: ({shown}) => stateOf(shown, "audio").allowed,
  unmute: ({shown}) => !stateOf(shown, "audio").allowed && !stateOf(shown, "audio").never,
  lower: ({shown}) => Boolean(shown.hand),
  role: ({role}, said) => role !== said,
  remove: () => true,
};

/** @param {Session} session @param {string} kind @param {string} [said] a role */
export function together(session, kind, said = "") {
  const {store, marked} = session;
  if (!store.isOpen) return;
  const chosen = [...marked].flatMap((id) => store.person(id) ?? []).filter((person) => CHANGED[kind](person, said));
  marked.clear();
  store.redraw();
  return session.desk.runTogether(bulkCommands[kind](chosen.map(({id}) => id), said, roleName(session, said)));
}

/** @param {Session} session @param {Person[]} shown */
function rows(session, shown) {
  const inSight = Math.ceil((document.querySelector(".rows")?.clientHeight || innerHeight) / HEIGHT);
  const first = Math.max(Math.min(Math.floor(session.scrollTop / HEIGHT), shown.length - inSight), 0);
  const from = Math.max(first - BEYOND, 0);
  const drawn = shown.slice(from, first + inSight + (session.scrollTop ? BEYOND : BELOW)).map((person, index) => ({person, index: from + index}));
  // The row with the keyboard focus stays, so that scrolling does not lose the focus.
  const active = shown.findIndex(({id}) => id === session.active);
  if (active >= 0 && !drawn.some(({index}) => index === active)) drawn.push({person: shown[active], index: active});
  const scrolled = (/** @type {any} */ event) => {
    session.scrollTop = event.target.scrollTop;
    session.store.redraw();
  };
  return html`<div class="rows" .scrollTop=${session.scrollTop} @scroll=${scrolled}>
    <ul class="rows-in" aria-label=${t("people.title")} .style=${`height:${shown.length * HEIGHT}px`} @keydown=${(/** @type {KeyboardEvent} */ event) => onKey(session, shown, event)}>
      ${repeat(drawn, ({person}) => person.id, ({person, index}) => guard(seenOf(session, person, index, shown.length), () => row(session, person, index, shown.length)))}</ul></div>`;
}

/** All that a row shows. As long as it stays, a key or a second does not draw the row anew.
 * @param {Session} session @param {Person} person @param {number} index @param {number} all @returns {unknown[]} */
function seenOf(session, {id, shown}, index, all) {
  const {desk, marked, store} = session;
  const isTimed = shown.floor || shown.asked || shown.limits?.some(({endsAt}) => endsAt !== undefined);
  return [session, store.version, index, all, marked.has(id), isStop(session, id, index), desk.busy.size ? [...desk.busy].join() : "", isTimed ? Date.now() : 0];
}

/** Whether the tab key stops at this row. @param {Session} session @param {string} id @param {number} index */
const isStop = (session, id, index) => id === session.active || (index === 0 && !session.active);

/** @param {Session} session @param {Person} person @param {number} index @param {number} all */
function row(session, person, index, all) {
  const {store, marked} = session;
  const {id, shown} = person;
  const name = called(id);
  const place = shown.hand ? store.hands().indexOf(person) + 1 : 0;
  const mark = (/** @type {any} */ event) => {
    event.target.checked ? marked.add(id) : marked.delete(id);
    store.redraw();
  };
  return html`<li class="row ${marked.has(id) ? "marked" : ""}" data-person=${id} tabindex=${isStop(session, id, index) ? "0" : "-1"} aria-label=${name}
      aria-setsize=${all} aria-posinset=${index + 1} .style=${`top:${index * HEIGHT}px`} @focus=${() => (session.active = id)}>
    <input type="checkbox" class="mark" tabindex="-1" .checked=${marked.has(id)} aria-label=${t("people.mark", {user: name})} @change=${mark} />
    ${avatar(id)}
    <button type="button" class="who" tabindex="-1" aria-haspopup="dialog" aria-label=${t("people.more", {user: name})} title=${id} @click=${() => session.open("person", id)}>
      <span class="name">${user(id)}</span>${isAmbiguous(id) ? html`<span class="id">${shortId(id)}</span>` : nothing}${store.myId === id ? html`<span class="you">${t("you")}</span>` : nothing}</button>
    <span class="badges">
      ${place ? html`<span class="badge hand" title=${t("hand.place", {place})}>${icon("hand")}${number(place)}<span class="visually-hidden">${t("hand.place", {place})}</span></span>` : nothing}
      ${shown.floor ? html`<span class="badge floor">${icon("floor")}<span class="visually-hidden">${t("floor")}</span>${countdown(shown.floor.endsAt, store.meeting?.frozen)}</span>` : nothing}
      ${shown.asked ? html`<span class="badge pending">${icon("clock")}${t("asked")} ${countdown(shown.asked.endsAt)}</span>` : nothing}
      ${person.attendees.length > 1 ? html`<span class="badge">${t("people.attendees", {count: person.attendees.length})}</span>` : nothing}
      <span class="badge role">${roleName(session, person.role)}</span>
    </span>
    ${MEDIA.map((medium) => cell(session, person, medium, toggle(session, person, medium)))}
  </li>`;
}

/** @param {Person} person @param {Medium} medium */
function commandOf(person, medium) {
  const {allowed} = stateOf(person.shown, medium);
  return (allowed ? commands.mute : commands.unmute)(person.id, [medium]);
}

/** @param {Session} session @param {Person} person @param {Medium} medium @param {string} [look] */
export function toggle(session, person, medium, look = "small") {
  const {allowed, never} = stateOf(person.shown, medium);
  const what = allowed ? (medium === "audio" ? "mute" : "block") : medium === "audio" ? "unmute" : "allow";
  return button(session, commandOf(person, medium), {
    label: html`<span class="action-said">${t(`action.${what}`)}</span>${icon(medium, !allowed)}`, look: `toggle ${look}`,
    name: t(`action.${what}-of`, {user: called(person.id), medium: word("medium", medium)}), never: never ? remedyOf(session, never, person.role) : "",
  });
}

/** @param {Session} session @param {KeyboardEvent} event */
function fromSearch(session, event) {
  if (!["Enter", "ArrowDown"].includes(event.key) || event.isComposing) return;
  event.preventDefault();
  const [first] = wanted(session);
  if (first) focusRow(session, first.id);
}

/** @param {Session} session @param {string} id */
function focusRow(session, id) {
  session.active = id;
  const index = wanted(session).findIndex((person) => person.id === id);
  const list = document.querySelector(".rows");
  if (list) {
    const [top, bottom] = [index * HEIGHT, (index + 1) * HEIGHT];
    if (top < list.scrollTop) session.scrollTop = top;
    if (bottom > list.scrollTop + list.clientHeight) session.scrollTop = bottom - list.clientHeight;
  }
  session.store.redraw();
  focusOn(`[data-person="${CSS.escape(id)}"]`, {preventScroll: true});
}

/** @type {Record<string, Medium>} */
const MEDIUM_KEYS = {m: "audio", v: "video", s: "content"};

/** Keys of one row, and from row to row. @param {Session} session @param {Person[]} shown @param {KeyboardEvent} event */
function onKey(session, shown, event) {
  const person = session.store.person(session.active);
  const element = /** @type {HTMLElement} */ (event.target);
  if (!person || session.dialog || event.ctrlKey || event.metaKey || event.altKey) return;
  const index = shown.findIndex(({id}) => id === person.id);
  /** @type {Record<string, number>} */
  const steps = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -shown.length, End: shown.length};
  if (event.key in steps) {
    event.preventDefault();
    focusRow(session, shown[Math.min(Math.max(index + steps[event.key], 0), shown.length - 1)].id);
  } else if (element.dataset.person !== undefined) act(session, person, event);
}

/** @param {Session} session @param {Person} person @param {KeyboardEvent} event */
function act(session, person, event) {
  const {store, marked} = session;
  const medium = MEDIUM_KEYS[event.key];
  if (!store.isOpen && event.key !== "Enter") return;
  if (medium && !stateOf(person.shown, medium).never) void session.desk.run(commandOf(person, medium));
  else if (event.key === "Enter") session.open("person", person.id);
  else if (event.key === "f") void session.desk.run(commands.floor(person.id, TURN));
  else if (event.key === "h" && person.shown.hand) void session.desk.run(commands.lowerHand(person.id));
  else if (event.key === " " || event.key === "x") {
    if (!marked.delete(person.id)) marked.add(person.id);
    store.redraw();
  } else return;
  event.preventDefault();
}

/** @param {Session} session @param {Person[]} everybody */
function absent(session, everybody) {
  if (!session.store.isWhole) return nothing;
  const here = new Set(everybody.map((person) => person.id));
  const away = Object.entries(session.store.meeting?.roles ?? {}).filter(([id]) => !here.has(id));
  if (!away.length) return nothing;
  return html`<details class="absent"><summary>${t("people.absent", {count: away.length})}</summary>
    <ul>${away.map(([id, role]) => html`<li>${user(id)} <span class="badge role">${roleName(session, role)}</span></li>`)}</ul></details>`;
}
