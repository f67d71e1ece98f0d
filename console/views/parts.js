/** Small things of which both pages are made. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {because, clock, MEDIUM, SHORT, stateOf} from "../words.js";
import {icon} from "./icons.js";

/** @param {number | undefined} endsAt @param {boolean} [frozen] time stands still */
export function countdown(endsAt, frozen = false) {
  if (endsAt === undefined) return nothing;
  const left = endsAt - Date.now();
  return html`<span class="countdown" role="timer">${icon("clock")}${left > 0 ? clock(left) : "ending"}${frozen ? " (stands still)" : ""}</span>`;
}

/**
 * A button for a deed. Busy while the answer is awaited; what the role doesn't allow is drawn as locked, and may be
 * tried all the same: the server answers why not.
 * @param {import("../session.js").Session} session @param {import("../deeds.js").Deed} deed
 * @param {{label: unknown, name?: string, look?: string}} shown
 */
export function button(session, deed, {label, name, look = ""}) {
  const busy = session.desk.isBusy(deed);
  const locked = !session.store.may(deed.needs);
  return html`<button type="button" class="button ${look} ${locked ? "locked" : ""}" aria-busy=${busy ? "true" : "false"}
    aria-label=${name ?? nothing} title=${locked ? "Not permitted to you: the server says why" : name ?? nothing}
    @click=${() => session.desk.run(deed)}>${label}</button>`;
}

const SETTLING = {pending: "pending", drifted: "drifted"};

/**
 * One medium of one person: what he has; if not, by what it is withheld; whether Chime has it.
 * @param {import("../session.js").Session} session @param {import("../store.js").Attendee} attendee
 * @param {"audio" | "video" | "content"} medium @param {unknown} [action] the button that changes it
 */
export function mediumState(session, attendee, medium, action = /** @type {unknown} */ (nothing)) {
  const state = stateOf(attendee, medium);
  const me = session.store.me?.attendee?.externalUserId;
  const settling = SETTLING[/** @type {"pending"} */ (state.settling)];
  return html`<div class="medium ${state.sends ? "on" : "off"} ${settling ?? ""}" data-medium=${medium} data-state=${settling ?? (state.sends ? "on" : "off")}>
    <div class="medium-head">
      ${icon(medium, !state.sends)}
      <span class="medium-said"><span class="medium-name" aria-label=${MEDIUM[medium]}>${SHORT[medium]}</span> <strong>${state.word}</strong></span>
      ${action}
    </div>
    ${settling ? html`<p class="settling"><span class="badge ${settling}">${icon(settling === "pending" ? "clock" : "warning")}${settling}</span></p>` : nothing}
    ${state.chime ? html`<p class="why">Chime has ${state.chime}</p>` : nothing}
    ${state.sends ? nothing : state.withheld.map((limit) => html`<p class="why">${because(limit, me, attendee.externalUserId)} ${countdown(limit.endsAt, session.store.meeting?.frozen)}</p>`)}
  </div>`;
}

/** @param {string} name */
export function avatar(name) {
  const hue = [...name].reduce((sum, each) => (sum * 31 + (each.codePointAt(0) ?? 0)) % 9973, 7) % 8;
  return html`<span class="avatar hue-${hue}" aria-hidden="true">${([...name][0] ?? "?").toUpperCase()}</span>`;
}
