/** Who wants something of the hosts: raised hands in their order, and who waits to be let in. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {repeat} from "../vendor/lit-html/directives/repeat.js";
import {commands} from "../commands.js";
import {called, user} from "../names.js";
import {duration, number, t, timeOfDay} from "../words.js";
import {icon} from "./icons.js";
import {avatar, button, roleName} from "./parts.js";
import {TURN} from "./people.js";

/** @typedef {import("../session.js").Session} Session */

/** @param {Session} session */
export function hands(session) {
  const raised = session.store.hands();
  return html`<section class="panel queue-panel" id="hands" aria-labelledby="hands-title" data-panel="hands">
    <header class="panel-head"><h2 id="hands-title">${icon("hand")}${t("hands.title")} <span class="count">${number(raised.length)}</span></h2>
      ${raised.length > 1 ? button(session, commands.lowerAllHands(), {label: t("hands.lower-all"), name: t("do.lower-all-hands"), look: "small quiet"}) : nothing}</header>
    ${raised.length ? html`<ol class="queue">${repeat(raised, (person) => person.id, ({id, shown}) => html`<li data-hand=${id}>
      ${avatar(id)}<span class="queue-said"><strong>${user(id)}</strong> <span class="muted-text">${t("hands.since", {time: timeOfDay(shown.hand?.raisedAt ?? "", "short")})}</span></span>
      ${button(session, commands.floor(id, TURN), {label: html`${icon("floor")}${duration(TURN, "short")}`, name: t("do.floor", {user: called(id), time: duration(TURN)}), look: "small"})}
      ${button(session, commands.lowerHand(id), {label: t("hands.lower"), name: t("do.lower-hand", {user: called(id)}), look: "small quiet"})}
    </li>`)}</ol>` : html`<p class="empty">${t("hands.none")}</p>`}
  </section>`;
}

/** @param {Session} session */
export function hasLobby({store}) {
  return store.lobby.length > 0 || Boolean(store.meeting?.lobby);
}

/** @param {Session} session */
export function lobby(session) {
  const {lobby: waiting} = session.store;
  if (!hasLobby(session)) return nothing;
  return html`<section class="panel queue-panel" id="lobby" aria-labelledby="lobby-title" data-panel="lobby">
    <header class="panel-head"><h2 id="lobby-title">${icon("clock")}${t("lobby.title")} <span class="count">${number(waiting.length)}</span></h2></header>
    ${waiting.length ? html`<ol class="queue">${repeat(waiting, (each) => each.externalUserId, ({externalUserId: id, role}) => html`<li data-waiting=${id}>
      ${avatar(id)}<span class="queue-said"><strong>${user(id)}</strong> <span class="badge role">${roleName(session, role)}</span></span>
      ${button(session, commands.admit(id, true), {label: t("lobby.admit"), name: t("do.admit", {user: called(id)}), look: "small"})}
      ${button(session, commands.admit(id, false), {label: t("lobby.turn-away"), name: t("do.turn-away", {user: called(id)}), look: "small quiet"})}
    </li>`)}</ol>` : html`<p class="empty">${t("lobby.none")}</p>`}
  </section>`;
}
