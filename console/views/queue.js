/** Who wants something of the hosts: raised hands in their order, and who waits to be let in. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {repeat} from "../vendor/lit-html/directives/repeat.js";
import {deeds} from "../deeds.js";
import {timeOfDay} from "../words.js";
import {icon} from "./icons.js";
import {avatar, button} from "./parts.js";

/** @typedef {import("../session.js").Session} Session */

const TURN = {durationSeconds: 120};

/** @param {Session} session */
export function hands(session) {
  const raised = session.store.hands();
  return html`<section class="panel" aria-labelledby="hands-title">
    <header class="panel-head"><h2 id="hands-title">${icon("hand")}Raised hands <span class="count">${raised.length}</span></h2></header>
    ${raised.length ? html`<ol class="queue">${repeat(raised, (person) => person.id, (person) => html`<li data-hand=${person.id}>
      ${avatar(person.id)}<span class="queue-said"><strong>${person.id}</strong> <span class="muted-text">since ${timeOfDay(person.shown.hand?.raisedAt ?? "")}</span></span>
      ${button(session, deeds.floor(person.id, TURN), {label: html`${icon("floor")}2 min`, name: `Give ${person.id} the floor for 2 minutes`, look: "small"})}
      ${button(session, deeds.lowerHand(person.id), {label: "Lower", name: `Lower ${person.id}'s hand`, look: "small quiet"})}
    </li>`)}</ol>` : html`<p class="empty">No hand is up.</p>`}
  </section>`;
}

/** @param {Session} session */
export function lobby(session) {
  const waiting = session.store.lobby;
  if (!waiting.length && !session.store.meeting.lobby) return nothing;
  return html`<section class="panel" aria-labelledby="lobby-title">
    <header class="panel-head"><h2 id="lobby-title">${icon("clock")}Lobby <span class="count">${waiting.length}</span></h2></header>
    ${waiting.length ? html`<ol class="queue">${repeat(waiting, (each) => each.externalUserId, (each) => html`<li>
      ${avatar(each.externalUserId)}<span class="queue-said"><strong>${each.externalUserId}</strong> <span class="badge role">${each.role}</span></span>
      ${button(session, deeds.admit(each.externalUserId, true), {label: "Let in", name: `Let in ${each.externalUserId}`, look: "small"})}
      ${button(session, deeds.admit(each.externalUserId, false), {label: "Turn away", name: `Turn away ${each.externalUserId}`, look: "small quiet"})}
    </li>`)}</ol>` : html`<p class="empty">Nobody waits.</p>`}
  </section>`;
}
