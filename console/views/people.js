/** Everybody in the meeting, person by person. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {repeat} from "../vendor/lit-html/directives/repeat.js";
import {deeds} from "../deeds.js";
import {MEDIA, MEDIUM, ROLES, stateOf} from "../words.js";
import {icon} from "./icons.js";
import {avatar, button, countdown, mediumState} from "./parts.js";

/** @typedef {import("../session.js").Session} Session @typedef {import("../store.js").Person} Person */

/** @param {Session} session */
export function people(session) {
  const everybody = session.store.people();
  const [wanted, only] = [session.filter.text.toLowerCase(), session.filter.only];
  const shown = everybody.filter((person) => person.id.toLowerCase().includes(wanted) && FILTERS[only].has(person)).sort(byRank);
  return html`<section class="panel people" aria-labelledby="people-title">
    <header class="panel-head">
      <h2 id="people-title">${icon("people")}People <span class="count">${everybody.length}</span></h2>
      <label class="field inline"><span class="visually-hidden">Find a person</span>
        <input type="search" placeholder="Find a person" .value=${session.filter.text} @input=${(/** @type {any} */ e) => session.narrow({text: e.target.value})} /></label>
      <label class="field inline"><span class="visually-hidden">Show only</span>
        <select @change=${(/** @type {any} */ e) => session.narrow({only: e.target.value})}>
          ${Object.entries(FILTERS).map(([key, {label}]) => html`<option value=${key} ?selected=${key === only}>${label}</option>`)}
        </select></label>
    </header>
    ${shown.length ? html`<ul class="rows">${repeat(shown, (person) => person.id, (person) => row(session, person))}</ul>`
      : html`<p class="empty">${everybody.length ? "Nobody like that." : "Nobody is in the meeting yet."}</p>`}
    ${absent(session, everybody)}
  </section>`;
}

/** @type {Record<string, {label: string, has: (person: Person) => boolean}>} */
const FILTERS = {
  all: {label: "Everybody", has: () => true},
  silent: {label: "Who can't be heard", has: (person) => !stateOf(person.shown, "audio").sends},
  heard: {label: "Who can be heard", has: (person) => stateOf(person.shown, "audio").sends},
  unsettled: {label: "Pending or drifted", has: (person) => person.shown.status !== "applied"},
};

/** @param {Person} a @param {Person} b */
function byRank(a, b) {
  const rank = (/** @type {Person} */ person) => (ROLES.indexOf(person.role ?? "") + ROLES.length + 1) % (ROLES.length + 1);
  return rank(a) - rank(b) || a.id.localeCompare(b.id);
}

/** @param {Session} session @param {Person} person */
function row(session, person) {
  const {store} = session;
  const {id, shown} = person;
  const isMe = store.me?.attendee?.externalUserId === id;
  const place = store.hands().findIndex((each) => each.id === id) + 1;
  return html`<li class="row" data-person=${id}>
    <div class="who">
      ${avatar(id)}
      <div class="who-said">
        <h3 class="name">${id}${isMe ? html` <span class="you">you</span>` : nothing}</h3>
        <div class="badges">
          <span class="badge role">${person.role ?? "no role"}</span>
          ${person.seats.length > 1 ? html`<span class="badge">${person.seats.length} seats</span>` : nothing}
          ${place ? html`<span class="badge hand">${icon("hand")}hand, ${ordinal(place)}</span>` : nothing}
          ${shown.floor ? html`<span class="badge floor">${icon("floor")}floor ${countdown(shown.floor.endsAt, store.meeting?.frozen)}</span>` : nothing}
          ${shown.asked ? html`<span class="badge pending">${icon("clock")}asked to unmute ${countdown(shown.asked.endsAt)}</span>` : nothing}
        </div>
      </div>
      <button type="button" class="button small quiet manage" aria-haspopup="dialog" aria-label=${`More for ${id}`}
        @click=${() => session.open("person", id)}>More…</button>
    </div>
    <div class="media">${MEDIA.map((medium) => cell(session, person, medium))}</div>
  </li>`;
}

/** @param {Session} session @param {Person} person @param {"audio" | "video" | "content"} medium */
function cell(session, person, medium) {
  const {sends} = stateOf(person.shown, medium);
  const deed = (sends ? deeds.mute : deeds.unmute)(person.id, [medium]);
  const what = sends ? (medium === "audio" ? "Mute" : "Stop") : medium === "audio" ? "Unmute" : "Allow";
  const action = button(session, deed, {label: what, name: `${what} ${person.id}'s ${MEDIUM[medium].toLowerCase()}`, look: sends ? "small" : "small lift"});
  return mediumState(session, person.shown, medium, action);
}

/** @param {Session} session @param {Person[]} everybody */
function absent(session, everybody) {
  const here = new Set(everybody.map((person) => person.id));
  const away = Object.entries(session.store.meeting?.roles ?? {}).filter(([id]) => !here.has(id));
  if (!away.length) return nothing;
  return html`<details class="absent"><summary>Not here: ${away.length}</summary>
    <ul>${away.map(([id, role]) => html`<li>${id} <span class="badge role">${role}</span></li>`)}</ul></details>`;
}

/** @type {Partial<Record<Intl.LDMLPluralRule, string>>} */
const ENDINGS = {one: "st", two: "nd", few: "rd"};
const PLACES = new Intl.PluralRules("en", {type: "ordinal"});

/** @param {number} place */
export function ordinal(place) {
  return `${place}${ENDINGS[PLACES.select(place)] ?? "th"}`;
}
