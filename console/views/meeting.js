/** The meeting at a glance, and what concerns everybody: mode, mute-all, freeze. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {deeds} from "../deeds.js";
import {listed, MODES} from "../words.js";
import {icon} from "./icons.js";
import {button, countdown} from "./parts.js";

/** @typedef {import("../session.js").Session} Session */

const LINKS = {
  connecting: "connecting", live: "live", polling: "asking every 3 s", offline: "no connection", over: "ended",
};

/** @param {Session} session @param {string} page */
export function banner(session, page) {
  const {store} = session;
  const link = /** @type {keyof typeof LINKS} */ (store.link);
  return html`<header class="banner">
    <h1>${icon("gavel")}<span class="brand">Gavel</span> <span class="meeting-name">${store.meeting?.externalMeetingId ?? ""}</span>
      <span class="visually-hidden">${page}</span></h1>
    <p class="link ${link}" role="status">${LINKS[link]}</p>
    <div class="me"><p>${store.me?.attendee?.externalUserId ?? "back end"} <span class="badge role">${store.me?.role ?? "no role"}</span></p>
      <button type="button" class="button quiet" @click=${() => session.leave()}>Sign out</button></div>
  </header>`;
}

/** @param {Session} session */
export function meetingBar(session) {
  const {store} = session;
  const {meeting} = store;
  const modes = [...new Set([...Object.keys(MODES), meeting.mode])];
  return html`<section class="bar" aria-label="The whole meeting">
    ${meeting.endedAt ? html`<p class="strip over">${icon("warning")}The meeting is over. What was done can still be read.</p>` : nothing}
    ${meeting.frozen ? html`<p class="strip frozen">${icon("frozen")}Frozen: nobody gets more than they have, and clocks stand still.</p>` : nothing}
    ${muteAlls(session)}
    <div class="bar-row">
      <div class="modes" role="group" aria-label="Mode">
        ${modes.map((mode) => {
          const deed = deeds.mode(mode);
          return html`<button type="button" class="button segment ${store.may("set-mode") ? "" : "locked"}" aria-pressed=${mode === meeting.mode ? "true" : "false"}
            aria-busy=${session.desk.isBusy(deed) ? "true" : "false"} title=${MODES[/** @type {"open"} */ (mode)] ?? mode}
            @click=${() => mode !== meeting.mode && session.desk.run(deed)}>${mode}</button>`;
        })}
      </div>
      <div class="actions">
        <button type="button" class="button strong ${store.may("mute-all") ? "" : "locked"}" aria-haspopup="dialog" @click=${() => session.open("mute-all")}>
          ${icon("audio", true)}Mute all…</button>
        ${button(session, deeds.freeze(!meeting.frozen), {label: html`${icon("frozen")}${meeting.frozen ? "Unfreeze" : "Freeze"}`})}
        <button type="button" class="button quiet" aria-haspopup="dialog" @click=${() => session.open("settings")}>Settings…</button>
      </div>
    </div>
  </section>`;
}

/** @param {Session} session */
function muteAlls(session) {
  const {meeting} = session.store;
  /** @type {Map<string, any>} */
  const together = new Map();
  for (const {media, ...rest} of meeting.muteAll) {
    const said = JSON.stringify(rest);
    together.set(said, {...rest, media: [...(together.get(said)?.media ?? []), ...media]});
  }
  return [...together.values()].map((/** @type {any} */ each) => {
    const by = each.actor ? ` by ${each.actor}` : "";
    const spared = each.except ? [...each.except.roles.map((/** @type {string} */ role) => `${role}s`), ...each.except.externalUserIds].join(", ") : "";
    return html`<div class="strip muted">
      <p>${icon(each.media[0], true)} <strong>Mute-all: ${listed(each.media)}</strong>${by}${each.reason ? `: ${each.reason}` : ""}${spared ? `, except ${spared}` : ""}
        ${each.until ? countdown(Date.parse(each.until), meeting.frozen) : nothing}</p>
      ${button(session, deeds.unmuteAll(each.media), {label: "Lift", name: `Lift the mute-all of ${listed(each.media)}`, look: "small lift"})}
    </div>`;
  });
}
