/** What became of the commands of this page: the server's answer, and a way back. A bar of its own that covers nothing. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {repeat} from "../vendor/lit-html/directives/repeat.js";
import {limitLines} from "../capabilities.js";
import {groupsOf} from "../desk.js";
import {isSaid, t} from "../words.js";
import {icon} from "./icons.js";

/** @typedef {import("../session.js").Session} Session @typedef {import("../desk.js").Notice} Notice */

/** @param {Session} session */
export function notices(session) {
  return html`<div class="notices" role="region" aria-label=${t("notices.title")} aria-live="polite">
    ${repeat(session.desk.notices, (notice) => notice.id, (notice) => one(session, notice))}
  </div>`;
}

/** @param {Session} session @param {Notice} notice */
function one(session, notice) {
  const {status, all, parts} = notice;
  const bad = status === "refused" || status === "failed";
  const mark = bad || status === "partly" ? "refused" : ["applied", "unchanged", "stored"].includes(status) ? "done" : "clock";
  const groups = groupsOf(parts);
  const running = all > 1 && status === "asked" && parts.length > 0;
  const said = running ? t("notice.many", {done: parts.length, all}) : sayOf(status);
  return html`<div class="notice ${bad ? "bad" : status}" data-notice=${notice.id} data-status=${status}>
    ${icon(mark)}
    <div class="notice-said">
      <p><strong dir="auto">${notice.label}</strong> – ${said}</p>
      ${groups.length > 1 || groups[0]?.detail ? html`<ul class="groups">${groups.map(({outcome, detail, count}) => html`
        <li data-outcome=${outcome}>${t("notice.group", {count, what: sayOf(outcome)})}${detail ? html` – <span dir="auto">${detail}</span>` : nothing}</li>`)}</ul>` : nothing}
      ${notice.detail ? html`<p dir="auto">${notice.detail}</p>` : nothing}
      ${notice.policies.length ? html`<p>${t("notice.policy")} ${notice.policies.map((id) => html`<code>${id}</code> `)}</p>` : nothing}
      ${limitLines(notice.limits).map((limit) => html`<p>${limit}</p>`)}
      ${notice.effects.map((effect) => html`<p class="effect">${t(`effect.${effect}`)}</p>`)}
    </div>
    ${notice.undoable && notice.changeIds.length && session.store.isOpen ? html`<button type="button" class="button small" @click=${() => undo(session, notice)}>${icon("undo")}${t("undo")}</button>` : nothing}
    <button type="button" class="button tiny quiet" aria-label=${t("notice.dismiss", {what: notice.label})} @click=${() => session.desk.dismiss(notice.id)}>${icon("refused")}</button>
  </div>`;
}

/** @param {string} status */
const sayOf = (status) => (isSaid(`notice.${status}`) ? t(`notice.${status}`) : status);

/** @param {Session} session @param {Notice} notice */
function undo(session, notice) {
  session.desk.dismiss(notice.id);
  return session.desk.undo(notice.changeIds, notice.label);
}
