/** The attendee's page: what they may send, why not more and for how long, their hand, their answer to a request to unmute. */

import {html, nothing} from "./vendor/lit-html/lit-html.js";
import {commands} from "./commands.js";
import {stateOf} from "./capabilities.js";
import {run} from "./shell.js";
import {dialog} from "./views/dialogs.js";
import {history} from "./views/history.js";
import {icon} from "./views/icons.js";
import {alerts, banner, skips} from "./views/meeting.js";
import {notices} from "./views/notices.js";
import {button, countdown, mediumState, remedyOf} from "./views/parts.js";
import {user} from "./names.js";
import {MEDIA, rich, t, word} from "./words.js";

/** @typedef {import("./session.js").Session} Session @typedef {import("./store.js").Shown} Shown */

void run("page.attendee", (session) => {
  const me = session.store.myId ? session.store.person(session.store.myId)?.shown : undefined;
  return html`
    ${skips(["mine", "history"])}
    ${banner(session, t("page.attendee"))}
    ${alerts(session)}
    <main class="attendee">
      ${me ? html`${asked(session, me)}${floor(session, me)}${media(session, me)}${hand(session, me)}` : html`<p class="empty">${t("mine.no-attendee")}</p>`}
      ${history(session)}
    </main>
    ${notices(session)}
    ${dialog(session)}`;
});

/** @param {Session} session @param {Shown} me */
function asked(session, me) {
  if (!me.asked) return nothing;
  const {changeId, actor, kind, endsAt} = me.asked;
  const id = me.externalUserId;
  return html`<section class="request" role="alertdialog" aria-labelledby="asked-title" aria-describedby="asked-said">
    <h2 id="asked-title">${icon("audio")}<span>${rich("asked.title", {actor: user(actor)})}</span></h2>
    <p id="asked-said">${t(kind === "required" ? "asked.required" : "asked.muted-first")} ${countdown(endsAt)}</p>
    <div class="actions">
      ${button(session, commands.consent(id, changeId, true), {label: t("do.consent"), look: "strong"})}
      ${button(session, commands.consent(id, changeId, false), {label: t("do.decline")})}
    </div>
  </section>`;
}

/** @param {Session} session @param {Shown} me */
function floor(session, me) {
  return me.floor ? html`<p class="strip floor">${icon("floor")}<strong>${t("mine.floor")}</strong> ${countdown(me.floor.endsAt, session.store.meeting?.frozen)}</p>` : nothing;
}

/** @param {Session} session @param {Shown} me */
function media(session, me) {
  return html`<section class="panel mine" id="mine" aria-labelledby="mine-title">
    <header class="panel-head"><h2 id="mine-title">${t("mine.title")}</h2></header>
    <div class="cards">${MEDIA.map((medium) => {
      const {allowed, never} = stateOf(me, medium);
      const what = allowed ? (medium === "audio" ? "mute" : "block") : medium === "audio" ? "unmute" : "allow";
      const command = (allowed ? commands.muteMyself : commands.unmuteMyself)(me.externalUserId, [medium]);
      return mediumState(session, me, medium, button(session, command, {
        label: t(`action.${what}`), name: t(`action.${what}-my`, {medium: word("medium", medium)}), never: never ? remedyOf(session, never, me.role) : "",
      }));
    })}</div>
  </section>`;
}

/** @param {Session} session @param {Shown} me */
function hand(session, me) {
  const id = me.externalUserId;
  const place = session.store.hands().findIndex((each) => each.id === id) + 1;
  return html`<section class="panel own-hand" aria-label=${t("mine.hand")}>
    <p>${icon("hand")}${me.hand ? html`<strong>${t("hand.up")}</strong>${place ? html` <span>${t("hand.place", {place})}</span>` : nothing}` : t("hand.down")}</p>
    ${me.hand ? button(session, commands.lowerHand(id, true), {label: t("do.lower-own-hand")}) : button(session, commands.raiseHand(id), {label: html`${icon("hand")}${t("do.raise-hand")}`, look: "strong"})}
  </section>`;
}
