/** The meeting at a glance, whether what is shown is so now, and what concerns everybody: mode, mute-all, freeze. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {commands} from "../commands.js";
import {silencesAnyone} from "../silence.js";
import {called, user} from "../names.js";
import {bdi, clock, list, mediaList, number, rich, t, timeOfDay, word} from "../words.js";
import {icon} from "./icons.js";
import {button, countdown, modeName, roleName} from "./parts.js";
import {hasLobby} from "./queue.js";

/** @typedef {import("../session.js").Session} Session */

const MODES = ["open", "presentation", "audience", "audio-only"];
/** Milliseconds before its end from which on a sign-in that does not go on by itself is counted down. */
const WARN = 5 * 60_000;

/** @param {Session} session */
function linkOf({store}) {
  if (store.ended === "unauthorized") return "offline";
  if (!store.isOpen) return "over";
  if (!store.state.complete) return "connecting";
  if (!store.state.connected) return "offline";
  return store.state.polling ? "polling" : "live";
}

/** @param {Session} session @param {string} page */
export function banner(session, page) {
  const {store} = session;
  const link = linkOf(session);
  const role = store.me?.role;
  return html`<header class="banner">
    <h1>${icon("gavel")}<span class="brand">Gavel</span> <span class="meeting-name">${bdi(store.meeting?.externalMeetingId ?? "")}</span>
      <span class="visually-hidden">${page}</span></h1>
    <p class="link ${link}" role="status">${t(`link.${link}`)}</p>
    <div class="me"><p>${store.myId ? user(store.myId) : t("back-end")} <span class="badge role">${roleName(session, role)}</span></p>
      <button type="button" class="button quiet" @click=${() => session.leave()}>${t("sign-out")}</button></div>
  </header>`;
}

/** What must be known before anything that is shown is believed. @param {Session} session */
export function alerts(session) {
  const {store, identity} = session;
  const ends = identity.endsAt;
  const left = ends === undefined ? Infinity : ends - Date.now();
  const signIn = html`<button type="button" class="button small" @click=${() => session.open("sign-in")}>${t("sign-in.again")}</button>`;
  return html`<div class="alerts">
    ${store.meeting?.endedAt ? html`<p class="strip over" role="alert">${icon("warning")}${t("over.text")}</p>` : nothing}
    ${store.ended === "unauthorized" ? html`<div class="strip over" role="alert"><p>${icon("warning")} ${t("ended.unauthorized")}</p>${signIn}</div>`
      : left < WARN ? html`<div class="strip muted" role="status"><p>${icon("clock")} ${t("sign-in.ends", {time: clock(left)})}</p>${signIn}</div>` : nothing}
    ${store.isStale && store.isOpen ? html`<p class="strip stale" role="alert">${icon("warning")}${t("stale", {time: timeOfDay(store.state.since ?? Date.now())})}</p>` : nothing}
    ${store.meeting?.frozen ? html`<p class="strip frozen">${icon("frozen")}${t("frozen")}</p>` : nothing}
  </div>`;
}

/** @param {Session} session */
export function meetingBar(session) {
  const {store} = session;
  const {meeting} = store;
  if (!meeting) return nothing;
  const listed = meeting.availableModes;
  const modes = [...new Set([...(listed?.map(({id}) => id) ?? MODES), meeting.mode])];
  const off = store.isOpen ? nothing : "true";
  const open = (/** @type {string} */ kind) => store.isOpen && session.open(kind);
  return html`<section class="bar" aria-label=${t("meeting.whole")}>
    <div class="bar-row">
      <div class="modes" role="group" aria-label=${t("mode")}>
        ${modes.map((mode) => {
          const command = commands.mode(mode, modeName(session, mode));
          return html`<button type="button" class="button segment ${store.may("set-mode") ? "" : "locked"}" aria-pressed=${mode === meeting.mode ? "true" : "false"}
            aria-busy=${session.desk.isBusy(command) ? "true" : "false"} aria-disabled=${off} title=${word("mode-says", mode)}
            @click=${() => store.isOpen && mode !== meeting.mode && setMode(session, mode)}>${modeName(session, mode)}</button>`;
        })}
      </div>
      <div class="actions">
        <button type="button" class="button strong ${store.may("mute-all") ? "" : "locked"}" aria-haspopup="dialog" aria-disabled=${off} @click=${() => open("mute-all")}>
          ${icon("audio", true)}${t("mute-all.open")}</button>
        ${button(session, commands.freeze(!meeting.frozen), {label: html`${icon("frozen")}${t(meeting.frozen ? "unfreeze" : "freeze")}`})}
        <button type="button" class="button quiet" aria-haspopup="dialog" aria-disabled=${off} @click=${() => open("settings")}>${t("settings.open")}</button>
        <button type="button" class="button quiet keys" aria-haspopup="dialog" aria-label=${t("keys.title")} aria-keyshortcuts="?" @click=${() => session.open("keys")}>?</button>
      </div>
    </div>
    ${muteAlls(session)}
  </section>`;
}

/** A mode that blocks people's microphones asks once: the server says whose. @param {Session} session @param {string} mode */
async function setMode(session, mode) {
  const command = commands.mode(mode, modeName(session, mode));
  const silenced = session.store.may("set-mode") ? await silencesAnyone(session, mode) : false;
  if (silenced) session.open("mode", mode);
  else void session.desk.run(command);
}

/** @param {Session} session */
function muteAlls(session) {
  const {meeting} = session.store;
  /** @type {Map<string, any>} */
  const together = new Map();
  for (const {media, ...rest} of meeting?.muteAll ?? []) {
    const said = JSON.stringify(rest);
    together.set(said, {...rest, media: [...(together.get(said)?.media ?? []), ...media]});
  }
  return [...together.values()].map((/** @type {any} */ each) => {
    const spared = each.except ? [...each.except.roles.map((/** @type {string} */ role) => roleName(session, role)), ...each.except.externalUserIds.map(called)] : [];
    const actor = each.actor && (each.actor === session.store.myId ? t("you.by") : user(each.actor));
    return html`<div class="strip muted">
      <p>${icon(each.media[0], true)} <strong>${t("mute-all.on", {media: mediaList(each.media)})}</strong>
        ${actor ? rich("mute-all.by", {actor}) : nothing}${each.reason ? html`: ${bdi(each.reason)}` : nothing}
        ${spared.length ? html`<span>(${t("mute-all.except", {spared: list(spared)})})</span>` : nothing}
        ${each.until ? countdown(Date.parse(each.until), meeting?.frozen) : nothing}</p>
      ${button(session, commands.unmuteAll(each.media), {label: t("lift"), name: t("do.unmute-all", {media: mediaList(each.media)}), look: "small lift"})}
    </div>`;
  });
}

/** On a phone one panel at a time: what is urgent comes first. @param {Session} session */
export function tabs(session) {
  const {store, place} = session;
  const all = [["hands", store.hands().length], ...(hasLobby(session) ? [["lobby", store.lobby.length]] : []), ["people", store.people().length], ["history", 0]];
  return html`<nav class="tabs" aria-label=${t("tabs")}>${all.map(([tab, count]) => html`
    <button type="button" class="button segment" aria-pressed=${place.tab === tab ? "true" : "false"} data-tab=${tab} @click=${() => session.look({tab: String(tab)})}>
      ${t(`tab.${tab}`)}${count ? html` <span class="count">${number(Number(count))}</span>` : nothing}</button>`)}</nav>`;
}

/** For the keyboard: past the bar to what is worked with. @param {string[]} targets */
export function skips(targets) {
  return html`<nav class="skips" aria-label=${t("skip.title")}>${targets.map((target) => html`<a href="#${target}" @click=${(/** @type {MouseEvent} */ event) => skip(event, target)}>${t(`skip.${target}`)}</a>`)}</nav>`;
}

/** @param {MouseEvent} event @param {string} target */
function skip(event, target) {
  event.preventDefault();
  /** @type {HTMLElement | null} */ (document.querySelector(`#${target} input[type="search"], #${target} button, #${target} [tabindex="0"]`))?.focus();
}
