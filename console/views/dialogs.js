/** What needs more than a click. One dialog at a time; what is typed stays while the page behind it changes. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {deeds} from "../deeds.js";
import {MEDIA, MEDIUM, ROLES, timeOfDay} from "../words.js";
import {icon} from "./icons.js";
import {button, countdown, mediumState} from "./parts.js";

/** @typedef {import("../session.js").Session} Session */

const TIMES = {"": "until lifted", 60: "1 minute", 120: "2 minutes", 300: "5 minutes", 900: "15 minutes", 3600: "1 hour"};
const CONSENT = {
  none: "nobody is asked", "muted-first": "their client mutes itself first", required: "they have to agree",
};

/** @param {Session} session */
export function dialog(session) {
  const open = session.dialog;
  const [title, content] = open ? DIALOGS[open.kind](session, open.of) : ["", nothing];
  return html`<dialog class="dialog" aria-labelledby="dialog-title" @close=${() => session.close()} @click=${outside}>
    <div class="dialog-in"><header><h2 id="dialog-title">${title}</h2>
      <button type="button" class="button quiet" aria-label="Close" @click=${() => session.close()}>${icon("refused")}</button></header>
      ${content}</div>
  </dialog>`;
}

/** @param {MouseEvent} event */
function outside(event) {
  const dialog = /** @type {HTMLDialogElement} */ (event.currentTarget);
  if (event.target === dialog) dialog.close();
}

/** @type {Record<string, (session: Session, of: string) => [string, unknown]>} */
const DIALOGS = {person, "mute-all": muteAll, settings, end};

/** Runs what the form says, and closes when the server agrees.
 * @param {Session} session @param {(said: FormData) => import("../deeds.js").Deed} deed */
function form(session, deed) {
  return async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const said = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    session.close();
    await session.desk.run(deed(said));
  };
}

/** @param {string[]} chosen */
function media(chosen) {
  return html`<fieldset class="choices"><legend>What</legend>${MEDIA.map((medium) => html`
    <label class="check"><input type="checkbox" name="media" value=${medium} ?checked=${chosen.includes(medium)} />${MEDIUM[medium]}</label>`)}</fieldset>`;
}

/** @param {Record<string, string>} times @param {string} [chosen] */
function time(times, chosen = "") {
  return html`<label class="field">For how long<select name="durationSeconds">
    ${Object.entries(times).map(([seconds, label]) => html`<option value=${seconds} ?selected=${seconds === chosen}>${label}</option>`)}</select></label>`;
}

const reason = html`<label class="field">Reason, which they see<input name="reason" maxlength="500" autocomplete="off" /></label>`;

/** @param {FormData} said */
const seconds = (said) => (said.get("durationSeconds") ? Number(said.get("durationSeconds")) : undefined);

/** @param {Session} session @param {string} id @returns {[string, unknown]} */
function person(session, id) {
  const {store} = session;
  const found = store.people().find((each) => each.id === id);
  if (!found) return [id, html`<p>${id} has left the meeting.</p>`];
  const {shown} = found;
  const held = shown.limits?.some((limit) => limit.by === "hold");
  const roles = [...new Set([...ROLES, ...(found.role ? [found.role] : [])])];
  return [id, html`
    <div class="dialog-states">${MEDIA.map((medium) => mediumState(session, shown, medium))}</div>
    <form @submit=${form(session, (said) => deeds.mute(id, said.getAll("media"), {reason: said.get("reason"), durationSeconds: seconds(said), liftableBy: said.get("self") ? "self" : undefined}))}>
      <h3>Mute with a reason, for a time</h3>
      ${media(["audio"])}${time(TIMES)}${reason}
      <label class="check"><input type="checkbox" name="self" />they may lift it themselves</label>
      <button class="button strong">Mute</button>
    </form>
    <form @submit=${form(session, (said) => deeds.role(id, said.get("role")))}>
      <h3>Role</h3>
      <label class="field">Role<select name="role">${roles.map((role) => html`<option ?selected=${role === found.role}>${role}</option>`)}</select></label>
      <button class="button">Set the role</button>
    </form>
    ${shown.floor ? html`<div class="form"><h3>Floor</h3><p>${id} has the floor ${countdown(shown.floor.endsAt, store.meeting.frozen)}</p>${button(session, deeds.endFloor(id), {label: "End the turn"})}</div>`
      : html`<form @submit=${form(session, (said) => deeds.floor(id, {durationSeconds: seconds(said), exclusive: Boolean(said.get("exclusive"))}))}>
      <h3>Floor</h3>
      ${time({60: "1 minute", 120: "2 minutes", 300: "5 minutes", 600: "10 minutes"}, "120")}
      <label class="check"><input type="checkbox" name="exclusive" />theirs alone: ends other turns</label>
      <button class="button">Give the floor</button></form>`}
    <div class="form"><h3>Hold</h3><p>On hold nobody is heard, seen or shown – and hears and sees nothing.</p>
      ${held ? button(session, deeds.release(id), {label: "Release"}) : button(session, deeds.hold(id), {label: html`${icon("hold")}Put on hold`})}</div>
    <form @submit=${form(session, (said) => deeds.remove(id, {reason: said.get("reason"), ban: Boolean(said.get("ban"))}))}>
      <h3>Remove</h3>
      ${reason}<label class="check"><input type="checkbox" name="ban" />and keep them out (ban)</label>
      <button class="button danger">Remove ${id}</button>
    </form>`];
}

/** @param {Session} session @returns {[string, unknown]} */
function muteAll(session) {
  return ["Mute all", html`
    <form @submit=${form(session, (said) => deeds.muteAll({
      media: said.getAll("media"), durationSeconds: seconds(said), reason: said.get("reason"),
      liftableBy: said.get("self") ? "self" : undefined,
      except: {roles: said.getAll("roles"), externalUserIds: said.getAll("people")},
    }))}>
      <p>Binds those who come later, too, until it is lifted.</p>
      ${media(["audio", "content"])}
      <fieldset class="choices"><legend>Except these roles</legend>${ROLES.map((role) => html`
        <label class="check"><input type="checkbox" name="roles" value=${role} ?checked=${["host", "cohost"].includes(role)} />${role}s</label>`)}</fieldset>
      <fieldset class="choices tall"><legend>Except these people</legend>${session.store.people().map(({id}) => id).sort().map((id) => html`
        <label class="check"><input type="checkbox" name="people" value=${id} />${id}</label>`)}</fieldset>
      ${time(TIMES)}${reason}
      <label class="check"><input type="checkbox" name="self" />everybody may unmute themselves</label>
      <button class="button strong">Mute all</button>
    </form>`];
}

/** @param {Session} session @returns {[string, unknown]} */
function settings(session) {
  const {meeting, bans} = session.store;
  return ["Settings", html`
    <form @submit=${form(session, (said) => deeds.settings({
      unmuteConsent: said.get("unmuteConsent"), defaultRole: said.get("defaultRole"), lobby: Boolean(said.get("lobby")),
    }))}>
      <label class="field">Before somebody is unmuted<select name="unmuteConsent">${Object.entries(CONSENT).map(([value, label]) => html`
        <option value=${value} ?selected=${value === meeting.unmuteConsent}>${label}</option>`)}</select></label>
      <label class="field">Role of newcomers<select name="defaultRole">${ROLES.slice(2).map((role) => html`
        <option ?selected=${role === meeting.defaultRole}>${role}</option>`)}</select></label>
      <label class="check"><input type="checkbox" name="lobby" ?checked=${meeting.lobby} />newcomers wait in the lobby</label>
      <button class="button strong">Save</button>
    </form>
    <div class="form"><h3>Banned</h3>${bans.length ? html`<ul class="queue">${bans.map((ban) => html`<li>
      <span class="queue-said"><strong>${ban.externalUserId}</strong> by ${ban.actor}${ban.reason ? `: ${ban.reason}` : ""}${ban.until ? `, until ${timeOfDay(ban.until)}` : ""}</span>
      ${button(session, deeds.unban(ban.externalUserId), {label: "Lift", name: `Lift the ban of ${ban.externalUserId}`, look: "small"})}</li>`)}</ul>`
      : html`<p class="empty">Nobody is banned.</p>`}</div>
    <div class="form"><h3>End</h3><button type="button" class="button danger" @click=${() => session.open("end")}>End the meeting…</button></div>`];
}

/** @param {Session} session @returns {[string, unknown]} */
function end(session) {
  return ["End the meeting?", html`<form @submit=${form(session, () => deeds.end())}>
    <p>Everybody is out, and nobody can come back. This can't be undone.</p>
    <button class="button danger">End it for everybody</button></form>`];
}
