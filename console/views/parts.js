/** Small things of which both pages are made. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {because, inFull, inShort, stateOf} from "../capabilities.js";
import {called} from "../names.js";
import {clock, labelOf, t, word} from "../words.js";
import {icon} from "./icons.js";

/** @typedef {import("../session.js").Session} Session @typedef {import("../commands.js").Command} Command
 * @typedef {import("../words.js").Medium} Medium */

/** @param {number | undefined} endsAt @param {boolean} [frozen] time stands still */
export function countdown(endsAt, frozen = false) {
  if (endsAt === undefined) return nothing;
  const left = endsAt - Date.now();
  return html`<span class="countdown" role="timer">${icon("clock")}${left > 0 ? clock(left) : t("ending")}${frozen ? ` (${t("stands-still")})` : ""}</span>`;
}

/**
 * A button for a command. Busy while the answer is awaited. What can't work is disabled, and says what would help; what
 * the role does not allow may be tried all the same: the server answers why not.
 * @param {Session} session @param {Command} command
 * @param {{label: unknown, name?: string, look?: string, never?: string}} shown
 */
export function button(session, command, {label, name, look = "", never = ""}) {
  const busy = session.desk.isBusy(command);
  const locked = session.store.me !== null && !session.store.may(command.needs);
  const off = session.store.isOpen ? never : t(session.store.ended === "unauthorized" ? "ended.unauthorized" : "over.title");
  return html`<button type="button" class="button ${look} ${locked && !off ? "locked" : ""}" aria-busy=${busy ? "true" : "false"}
    aria-label=${name ?? nothing} aria-disabled=${off ? "true" : nothing} title=${off || (locked ? t("not-permitted-title") : name ?? nothing)}
    @click=${() => !off && session.desk.run(command)}>${label}</button>`;
}

/** @param {Session} session @param {string | null | undefined} role */
export const roleName = (session, role) => labelOf("role", role, session.store.meeting?.availableRoles);

/** @param {Session} session @param {string | null | undefined} mode */
export const modeName = (session, mode) => labelOf("mode", mode, session.store.meeting?.availableModes);

/** What would help, where lifting can't. @param {Session} session @param {import("../store.js").Limit} limit @param {string | null} role */
export function remedyOf(session, limit, role) {
  return limit.by === "meeting-feature" ? t("never.feature") : t("never.policy", {role: roleName(session, role), mode: modeName(session, session.store.meeting?.mode)});
}

/**
 * One medium of one user in a row: what is allowed, or which actor blocks it and until when.
 * @param {Session} session @param {import("../store.js").Person} person @param {Medium} medium @param {unknown} action
 */
export function cell(session, person, medium, action) {
  const {store} = session;
  const state = stateOf(person.shown, medium);
  const [first] = state.withheld;
  const seen = {me: store.myId, whose: person.id};
  const why = state.allowed ? "" : inFull(state.withheld, seen);
  return html`<div class="cell ${state.state}" data-medium=${medium} data-state=${state.state} title=${why || nothing}>
    ${icon(medium, !state.allowed)}
    <span class="cell-said"><span class="visually-hidden">${word("medium", medium)}: </span>
      <span class="cell-state">${t(`state.${state.state}`)}</span>
      ${state.allowed || !first ? nothing : html`<span class="cell-why"><span class="cell-by">${inShort(first, seen)}</span> ${countdown(first.endsAt, store.meeting?.frozen)}</span>`}</span>
    ${action}
  </div>`;
}

/**
 * One medium of one person in full: every limit, and what Chime has if that is something else.
 * @param {Session} session @param {import("../store.js").Shown} attendee @param {Medium} medium @param {unknown} [action]
 */
export function mediumState(session, attendee, medium, action = /** @type {unknown} */ (nothing)) {
  const {store} = session;
  const state = stateOf(attendee, medium);
  return html`<div class="medium ${state.state}" data-medium=${medium} data-state=${state.state}>
    <div class="medium-head">
      ${icon(medium, !state.allowed)}
      <span class="medium-said"><span class="medium-name">${word("medium", medium)}</span> <strong>${t(`state.${state.allowed ? "allowed" : "blocked"}`)}</strong></span>
      ${action}
    </div>
    ${state.settling ? html`<p class="settling"><span class="badge ${state.settling}">${icon(state.settling === "pending" ? "clock" : "warning")}${t(`state.${state.settling}`)}</span></p>` : nothing}
    ${state.chime ? html`<p class="why">${t("chime-has", {word: state.chime})}</p>` : nothing}
    ${state.allowed || state.receives ? nothing : html`<p class="why">${t("receives-nothing")}</p>`}
    ${state.allowed ? nothing : state.withheld.map((limit) => html`<p class="why">${because(limit, {me: store.myId, whose: attendee.externalUserId})} ${countdown(limit.endsAt, store.meeting?.frozen)}</p>`)}
  </div>`;
}

/** @param {string} id */
export function avatar(id) {
  const hue = [...id].reduce((sum, each) => (sum * 31 + (each.codePointAt(0) ?? 0)) % 9973, 7) % 8;
  return html`<span class="avatar hue-${hue}" aria-hidden="true">${([...called(id)][0] ?? "?").toUpperCase()}</span>`;
}

/** How often the focus was moved. */
let moves = 0;

/** Focuses an element now if it is drawn, for the next key may be on its way, and once more after the drawing that was
 * asked for before, unless the focus was moved on meanwhile.
 * @param {string} selector @param {FocusOptions} [options] */
export function focusOn(selector, options) {
  const focus = () => /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus(options);
  focus();
  const reached = document.activeElement;
  const move = ++moves;
  setTimeout(() => {
    const {activeElement} = document;
    const isElsewhere = activeElement !== reached && activeElement !== document.body && reached?.checkVisibility();
    if (move === moves && !isElsewhere) focus();
  });
}
