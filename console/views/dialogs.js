/** What needs more than a click. A dialog stays until the server has agreed, and keeps what was typed. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {commands} from "../commands.js";
import {called, matches, user} from "../names.js";
import {bdi, compared, duration, isSaid, MEDIA, rich, sorting, t, timeOfDay, word} from "../words.js";
import {icon} from "./icons.js";
import {button, countdown, mediumState, modeName, remedyOf, roleName} from "./parts.js";
import {stateOf} from "../capabilities.js";
import {together, toggle} from "./people.js";
import {signInForm} from "./sign-in.js";

/** @typedef {import("../session.js").Session} Session */

const ROLES = ["host", "cohost", "presenter", "participant", "viewer"];
const TIMES = ["", "60", "120", "300", "900", "3600"];
const FLOORS = ["60", "120", "300", "600"];
const CONSENTS = ["none", "muted-first", "required"];
/** As many as there is room for. */
const SHOWN_AT_ONCE = 12;

/** @param {Session} session */
export function dialog(session) {
  const open = session.dialog;
  const [title, content] = open ? DIALOGS[open.kind](session, open.of) : ["", nothing];
  return html`<dialog class="dialog" aria-labelledby="dialog-title" @close=${() => session.dialog && session.close()} @click=${outside}>
    <div class="dialog-in"><header><h2 id="dialog-title">${title}</h2>
      <button type="button" class="button quiet" aria-label=${t("close")} @click=${() => session.close()}>${icon("refused")}</button></header>
      ${open?.refusal?.message ? html`<p class="strip over" role="alert" dir="auto">${icon("warning")}${open.refusal.message}</p>` : nothing}
      ${content}</div>
  </dialog>`;
}

/** @param {MouseEvent} event */
function outside(event) {
  const dialog = /** @type {HTMLDialogElement} */ (event.currentTarget);
  if (event.target === dialog) dialog.close();
}

/** @type {Record<string, (session: Session, of: string) => [unknown, unknown]>} */
const DIALOGS = {person, "mute-all": muteAll, settings, end, mode, keys, "bulk-role": bulkRole, "bulk-remove": bulkRemove, "sign-in": signInAgain};

/** @param {Session} session @param {string} name @param {(said: FormData) => import("../commands.js").Command} command */
function form(session, name, command) {
  return (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const element = /** @type {HTMLFormElement} */ (event.currentTarget);
    const said = new FormData(element);
    const needsMedia = element.querySelector('[name="media"]') && !said.getAll("media").length;
    if (!needsMedia) return session.submit(name, command(said));
    if (session.dialog) session.dialog.refusal = {fields: {media: t("invalid.media")}, message: ""};
    session.store.redraw();
    setTimeout(() => /** @type {HTMLElement | null} */ (element.querySelector('[name="media"]'))?.focus());
  };
}

/** What is wrong with a field, beside it. @param {Session} session @param {string} field */
function wrong(session, field) {
  const said = session.dialog?.refusal?.fields[field];
  return said ? html`<span class="wrong" role="alert">${icon("warning")}${said}</span>` : nothing;
}

/** Busy while the form that it is in awaits its answer. @param {Session} session @param {string} form @param {string} label @param {string} [look] */
const submit = (session, form, label, look = "strong") => html`<button class="button ${look}" aria-busy=${session.dialog?.asking === form ? "true" : "false"}
  ?disabled=${!session.store.isOpen}>${label}</button>`;

/** @param {Session} session @param {string[]} chosen */
function media(session, chosen) {
  return html`<fieldset class="choices"><legend>${t("field.media")}</legend>${MEDIA.map((medium) => html`
    <label class="check"><input type="checkbox" name="media" value=${medium} ?checked=${chosen.includes(medium)} />${word("medium", medium)}</label>`)}${wrong(session, "media")}</fieldset>`;
}

/** @param {Session} session @param {string[]} times @param {string} [chosen] */
function time(session, times, chosen = "") {
  return html`<label class="field">${t("field.time")}<select name="durationSeconds">
    ${times.map((seconds) => html`<option value=${seconds} ?selected=${seconds === chosen}>${seconds ? duration(Number(seconds)) : t("until-lifted")}</option>`)}</select>${wrong(session, "durationSeconds")}</label>`;
}

/** @param {Session} session */
const reason = (session) => html`<label class="field">${t("field.reason")}<input name="reason" maxlength="500" dir="auto" autocomplete="off" />${wrong(session, "reason")}</label>`;

/** @param {FormData} said */
const seconds = (said) => (said.get("durationSeconds") ? Number(said.get("durationSeconds")) : undefined);

/** @param {Session} session */
export function rolesOf({store}) {
  return store.meeting?.availableRoles?.map(({id}) => id) ?? ROLES;
}

/** @param {Session} session @param {string} id @returns {[unknown, unknown]} */
function person(session, id) {
  const {store} = session;
  const found = store.person(id);
  if (!found) return [user(id), html`<p class="form">${rich("person.gone", {user: user(id)})}</p>`];
  const {shown} = found;
  const held = shown.limits?.some((limit) => limit.by === "hold");
  const roles = [...new Set([...rolesOf(session), ...(found.role ? [found.role] : [])])];
  return [user(id), html`
    <p class="form whole-id">${t("person.id")} <code>${id}</code></p>
    <div class="dialog-states">${MEDIA.map((medium) => mediumState(session, shown, medium, toggle(session, found, medium, "small wide")))}</div>
    ${remedies(session, found)}
    <form @submit=${form(session, "mute", (said) => commands.mute(id, said.getAll("media"), {reason: said.get("reason"), for: seconds(said), liftableBy: said.get("self") ? "self" : undefined}))}>
      <h3>${t("person.mute")}</h3>
      ${media(session, ["audio"])}${time(session, TIMES)}${reason(session)}
      <label class="check"><input type="checkbox" name="self" />${t("person.self")}</label>
      ${submit(session, "mute", t("action.mute"))}
    </form>
    <form @submit=${form(session, "role", (said) => commands.role(id, said.get("role"), roleName(session, String(said.get("role")))))}>
      <h3>${t("role")}</h3>
      <label class="field">${t("role")}<select name="role">${roles.map((role) => html`<option value=${role} ?selected=${role === found.role}>${roleName(session, role)}</option>`)}</select>${wrong(session, "role")}</label>
      ${submit(session, "role", t("person.set-role"), "")}
    </form>
    ${shown.floor ? html`<div class="form"><h3>${t("floor")}</h3><p>${rich("person.has-floor", {user: user(id)})} ${countdown(shown.floor.endsAt, store.meeting?.frozen)}</p>${button(session, commands.endFloor(id), {label: t("person.end-floor")})}</div>`
      : html`<form @submit=${form(session, "floor", (said) => commands.floor(id, seconds(said), {exclusive: Boolean(said.get("exclusive"))}))}>
      <h3>${t("floor")}</h3>
      ${time(session, FLOORS, "120")}
      <label class="check"><input type="checkbox" name="exclusive" />${t("person.exclusive")}</label>
      ${submit(session, "floor", t("person.give-floor"), "")}</form>`}
    <div class="form"><h3>${t("hold.title")}</h3><p>${t("hold.says")}</p>
      ${held ? button(session, commands.release(id), {label: t("hold.release")}) : button(session, commands.hold(id), {label: html`${icon("hold")}${t("hold.put")}`})}</div>
    <form @submit=${form(session, "remove", (said) => commands.remove(id, {reason: said.get("reason"), ban: Boolean(said.get("ban"))}))}>
      <h3>${t("person.remove-title")}</h3>
      ${reason(session)}<label class="check"><input type="checkbox" name="ban" />${t("person.ban")}</label>
      ${submit(session, "remove", t("person.remove"), "danger")}
    </form>`];
}

/** What would help where lifting can't: another role, or another mode. @param {Session} session @param {import("../store.js").Person} found */
function remedies(session, found) {
  const never = MEDIA.map((medium) => stateOf(found.shown, medium).never).find((limit) => limit?.by === "policy");
  if (!never) return nothing;
  return html`<div class="form remedy"><p>${icon("warning")} ${remedyOf(session, never, found.role)}</p><div class="actions">
    ${found.role === "presenter" ? nothing : button(session, commands.role(found.id, "presenter", roleName(session, "presenter")), {label: t("remedy.presenter"), look: "small"})}
    ${button(session, commands.floor(found.id, 120), {label: t("person.give-floor"), look: "small"})}
    ${session.store.meeting?.mode === "open" ? nothing : button(session, commands.mode("open", modeName(session, "open")), {label: t("remedy.mode", {mode: modeName(session, "open")}), look: "small"})}
  </div></div>`;
}

/** @param {Session} session @returns {[unknown, unknown]} */
function muteAll(session) {
  return [t("mute-all.title"), html`
    <form @submit=${form(session, "mute-all", (said) => commands.muteAll({
      media: said.getAll("media"), for: seconds(said), reason: said.get("reason"),
      liftableBy: said.get("self") ? "self" : undefined,
      except: {roles: said.getAll("roles"), externalUserIds: [...(session.dialog?.chosen ?? [])]},
    }))}>
      <p>${t("mute-all.says")}</p>
      ${media(session, ["audio", "content"])}
      <fieldset class="choices"><legend>${t("mute-all.roles")}</legend>${rolesOf(session).map((role) => html`
        <label class="check"><input type="checkbox" name="roles" value=${role} ?checked=${["host", "cohost"].includes(role)} />${roleName(session, role)}</label>`)}</fieldset>
      ${choosePeople(session)}
      ${time(session, TIMES)}${reason(session)}
      <label class="check"><input type="checkbox" name="self" />${t("mute-all.self")}</label>
      ${submit(session, "mute-all", t("mute-all.do"))}
    </form>`];
}

/** @typedef {import("../store.js").Person} Person */

const byName = sorting((/** @type {Person} */ {id}) => `${id} ${called(id)}`, (a, b) => compared(called(a.id), called(b.id)));

/** Some of many: found by a part of the name, and kept when the search goes on. @param {Session} session */
function choosePeople(session) {
  const {dialog, store} = session;
  if (!dialog) return nothing;
  const {chosen, search} = dialog;
  const all = byName(store.people()).map(({id}) => id).filter((id) => !chosen.has(id) && matches(id, search.toLowerCase()));
  const choose = (/** @type {string} */ id) => (/** @type {any} */ event) => {
    event.target.checked ? chosen.add(id) : chosen.delete(id);
    store.redraw();
  };
  const one = (/** @type {string} */ id) => html`<label class="check"><input type="checkbox" .checked=${chosen.has(id)} @change=${choose(id)} />${user(id)}</label>`;
  return html`<fieldset class="choices people-choice"><legend>${t("mute-all.people")}</legend>
    ${[...chosen].map(one)}
    <label class="field"><span class="visually-hidden">${t("people.find")}</span><input type="search" dir="auto" placeholder=${t("people.find")} .value=${search}
      @keydown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && event.preventDefault()}
      @input=${(/** @type {any} */ event) => { dialog.search = event.target.value; store.redraw(); }} /></label>
    <div class="tall" role="group" aria-label=${t("people.title")}>${all.slice(0, SHOWN_AT_ONCE).map(one)}
      ${all.length > SHOWN_AT_ONCE ? html`<p class="muted-text">${t("people.more-found", {count: all.length - SHOWN_AT_ONCE})}</p>` : nothing}</div></fieldset>`;
}

/** @param {Session} session @returns {[unknown, unknown]} */
function settings(session) {
  const {meeting, bans} = session.store;
  if (!meeting) return ["", nothing];
  return [t("settings.title"), html`
    <form @submit=${form(session, "settings", (said) => commands.settings({
      unmuteConsent: said.get("unmuteConsent"), defaultRole: said.get("defaultRole"), lobby: Boolean(said.get("lobby")),
    }))}>
      <label class="field">${t("settings.consent")}<select name="unmuteConsent">${CONSENTS.map((value) => html`
        <option value=${value} ?selected=${value === meeting.unmuteConsent}>${t(`consent.${value}`)}</option>`)}</select>${wrong(session, "unmuteConsent")}</label>
      <label class="field">${t("settings.role")}<select name="defaultRole">${rolesOf(session).filter((role) => !["host", "cohost"].includes(role)).map((role) => html`
        <option value=${role} ?selected=${role === meeting.defaultRole}>${roleName(session, role)}</option>`)}</select>${wrong(session, "defaultRole")}</label>
      <label class="check"><input type="checkbox" name="lobby" ?checked=${meeting.lobby} />${t("settings.lobby")}</label>
      ${submit(session, "settings", t("settings.save"))}
    </form>
    <div class="form"><h3>${t("bans.title")}</h3>${bans.length ? html`<ul class="queue">${bans.map((ban) => html`<li>
      <span class="queue-said"><strong>${user(ban.externalUserId)}</strong> ${rich("bans.by", {actor: user(ban.actor)})}${ban.reason ? html`: ${bdi(ban.reason)}` : nothing}${ban.until ? `, ${t("until", {time: timeOfDay(ban.until)})}` : nothing}</span>
      ${button(session, commands.unban(ban.externalUserId), {label: t("lift"), name: t("do.unban", {user: called(ban.externalUserId)}), look: "small"})}</li>`)}</ul>`
      : html`<p class="empty">${t("bans.none")}</p>`}</div>
    <div class="form"><h3>${t("end.title")}</h3><button type="button" class="button danger" @click=${() => session.open("end")}>${t("end.open")}</button></div>`];
}

/** @param {Session} session @returns {[unknown, unknown]} */
function end(session) {
  return [t("end.ask"), html`<form @submit=${form(session, "end", () => commands.end())}>
    <p>${t("end.says")}</p>
    ${submit(session, "end", t("end.do"), "danger")}</form>`];
}

/** @param {Session} session @param {string} to @returns {[unknown, unknown]} */
function mode(session, to) {
  const {meeting} = session.store;
  const label = modeName(session, to);
  return [t("mode.ask", {mode: label}), html`<form @submit=${form(session, "mode", () => commands.mode(to, label))}>
    <p>${t("mode.silences")}</p><p>${isSaid(`mode-says.${to}`) ? t(`mode-says.${to}`) : nothing}</p>
    ${submit(session, "mode", t("mode.do", {mode: label}))}
    <button type="button" class="button quiet" @click=${() => session.close()}>${t("mode.keep", {mode: modeName(session, meeting?.mode)})}</button></form>`];
}

/** @param {Session} session @returns {[unknown, unknown]} */
function bulkRole(session) {
  const count = session.marked.size;
  const go = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const role = String(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get("role"));
    session.close();
    void together(session, "role", role);
  };
  return [t("bulk.role-title", {count}), html`<form @submit=${go}>
    <label class="field">${t("role")}<select name="role">${rolesOf(session).map((role) => html`<option value=${role} ?selected=${role === "participant"}>${roleName(session, role)}</option>`)}</select></label>
    <button class="button strong">${t("person.set-role")}</button></form>`];
}

/** @param {Session} session @returns {[unknown, unknown]} */
function bulkRemove(session) {
  const count = session.marked.size;
  const go = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    session.close();
    void together(session, "remove");
  };
  return [t("bulk.remove-title", {count}), html`<form @submit=${go}><p>${t("bulk.remove-says")}</p><button class="button danger">${t("bulk.remove")}</button></form>`];
}

const KEYS = ["/", "↑ ↓", "m", "v", "s", "f", "h", "x", "Enter", "Esc", "?"];

/** @returns {[unknown, unknown]} */
function keys() {
  return [t("keys.title"), html`<dl class="form key-list">${KEYS.map((key, index) => html`<dt><kbd>${key}</kbd></dt><dd>${t(`keys.${index}`)}</dd>`)}</dl>`];
}

/** @param {Session} session @returns {[unknown, unknown]} */
function signInAgain(session) {
  return [t("sign-in.again"), signInForm(session.config, session.identity.kind, (how) => session.signInAgain(how))];
}
