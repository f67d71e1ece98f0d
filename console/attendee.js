/** The attendee's page: what he has, why not more and for how long, his hand, his answer to a request to unmute. */

import {html, nothing} from "./vendor/lit-html/lit-html.js";
import {deeds} from "./deeds.js";
import {run} from "./shell.js";
import {history} from "./views/history.js";
import {icon} from "./views/icons.js";
import {banner} from "./views/meeting.js";
import {notices} from "./views/notices.js";
import {button, countdown, mediumState} from "./views/parts.js";
import {ordinal} from "./views/people.js";
import {MEDIA, MEDIUM, stateOf} from "./words.js";

/** @typedef {import("./session.js").Session} Session @typedef {import("./store.js").Attendee} Attendee */

run("The attendee's page", (session) => {
  const {store} = session;
  const me = mine(session);
  return html`
    ${banner(session, "– the attendee's page")}
    <main class="attendee">
      ${store.meeting.endedAt ? html`<p class="strip over">${icon("warning")}The meeting is over.</p>` : nothing}
      ${store.meeting.frozen ? html`<p class="strip frozen">${icon("frozen")}The meeting is frozen: clocks stand still.</p>` : nothing}
      ${me ? html`${asked(session, me)}${floor(session, me)}${media(session, me)}${hand(session, me)}`
        : html`<p class="empty">You have a role in this meeting, and no seat in it.</p>`}
      ${history(session)}
    </main>
    ${notices(session)}`;
});

/** The newest of what the socket and `me` say. @param {Session} session @returns {Attendee | null} */
function mine({store}) {
  const me = store.me?.attendee;
  return (me && [...store.attendees.values()].find((each) => each.externalUserId === me.externalUserId)) ?? me ?? null;
}

/** @param {Session} session @param {Attendee} me */
function asked(session, me) {
  if (!me.asked) return nothing;
  const {changeId, actor, kind, endsAt} = me.asked;
  const id = me.externalUserId;
  return html`<section class="request" role="alertdialog" aria-labelledby="asked-title" aria-describedby="asked-said">
    <h2 id="asked-title">${icon("audio")}${actor} asks you to unmute</h2>
    <p id="asked-said">${kind === "required" ? "Nobody hears you until you agree." : "Mute your microphone in your meeting first; then nobody hears you by surprise."}
      ${countdown(endsAt)}</p>
    <div class="actions">
      ${button(session, deeds.consent(id, changeId, true), {label: "Unmute me", look: "strong"})}
      ${button(session, deeds.consent(id, changeId, false), {label: "Stay muted"})}
    </div>
  </section>`;
}

/** @param {Session} session @param {Attendee} me */
function floor(session, me) {
  return me.floor ? html`<p class="strip floor">${icon("floor")}<strong>You have the floor</strong> ${countdown(me.floor.endsAt, session.store.meeting.frozen)}</p>` : nothing;
}

/** @param {Session} session @param {Attendee} me */
function media(session, me) {
  return html`<section class="panel mine" aria-labelledby="mine-title">
    <header class="panel-head"><h2 id="mine-title">What the meeting gets from you</h2></header>
    <div class="cards">${MEDIA.map((medium) => {
      const {sends, withheld} = stateOf(me, medium);
      const deed = (sends ? deeds.muteMyself : deeds.unmuteMyself)(me.externalUserId, [medium]);
      const own = withheld.some((limit) => limit.liftableBy === "self");
      const label = medium === "audio" ? (sends ? "Mute" : "Unmute") : sends ? "Stop" : "Start";
      return mediumState(session, me, medium,
        button(session, deed, {label, name: `${label} my ${MEDIUM[medium].toLowerCase()}`, look: sends ? "" : own ? "lift" : "quiet"}));
    })}</div>
  </section>`;
}

/** @param {Session} session @param {Attendee} me */
function hand(session, me) {
  const place = session.store.hands().findIndex((each) => each.id === me.externalUserId) + 1;
  const id = me.externalUserId;
  return html`<section class="panel own-hand" aria-label="My hand">
    <p>${icon("hand")}${me.hand ? html`<strong>Your hand is up</strong>${place ? `: ${ordinal(place)} in the queue` : ""}` : "Your hand is down."}</p>
    ${me.hand ? button(session, deeds.lowerHand(id, true), {label: "Lower my hand"}) : button(session, deeds.raiseHand(id), {label: html`${icon("hand")}Raise my hand`, look: "strong"})}
  </section>`;
}
