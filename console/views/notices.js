/** What became of the deeds of this page: the server's answer, and a way back. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {repeat} from "../vendor/lit-html/directives/repeat.js";
import {deeds} from "../deeds.js";
import {because, EFFECTS, listed} from "../words.js";
import {icon} from "./icons.js";

/** @typedef {import("../session.js").Session} Session @typedef {import("../deeds.js").Notice} Notice */

const SAID = {
  asked: "asking the server …",
  applied: "applied",
  pending: "pending: decided, and Chime has not taken it yet",
  awaiting: "waits for their consent",
  unchanged: "unchanged: it was so already",
  refused: "refused",
  failed: "failed",
  superseded: "overtaken by a later change",
  abandoned: "given up: Chime did not take it, the rules are as before",
  declined: "declined",
  expired: "not answered in time",
  withdrawn: "not needed any more",
  gone: "they have left",
};

/** @param {Session} session */
export function notices(session) {
  return html`<div class="notices" role="region" aria-label="Answers" aria-live="polite">
    ${repeat(session.desk.notices, (notice) => notice.id, (notice) => one(session, notice))}
  </div>`;
}

/** @param {Session} session @param {Notice} notice */
function one(session, notice) {
  const {status} = notice;
  const bad = status === "refused" || status === "failed";
  const mark = bad ? "refused" : ["applied", "unchanged"].includes(status) ? "done" : "clock";
  return html`<div class="notice ${bad ? "bad" : status}" data-notice=${notice.id} data-status=${status}>
    ${icon(mark)}
    <div class="notice-said">
      <p><strong>${notice.say}</strong> – ${SAID[/** @type {keyof typeof SAID} */ (status)] ?? status}</p>
      ${notice.detail ? html`<p>${notice.detail}</p>` : nothing}
      ${notice.policies.length ? html`<p>Policy: ${notice.policies.map((id) => html`<code>${id}</code> `)}</p>` : nothing}
      ${notice.limits.map((limit) => html`<p>${listed(limit.media)}: ${because(limit)}</p>`)}
      ${notice.effects.map((effect) => html`<p class="effect">${EFFECTS[/** @type {keyof typeof EFFECTS} */ (effect)] ?? effect}</p>`)}
    </div>
    ${notice.undoable && notice.changeId ? html`<button type="button" class="button small" @click=${() => undo(session, notice)}>${icon("undo")}Undo</button>` : nothing}
    <button type="button" class="button tiny quiet" aria-label=${`Dismiss: ${notice.say}`} @click=${() => session.desk.dismiss(notice.id)}>${icon("refused")}</button>
  </div>`;
}

/** @param {Session} session @param {Notice} notice */
async function undo(session, notice) {
  const undone = await session.desk.run(deeds.undo(notice.changeId, notice.say));
  if (undone) session.desk.dismiss(notice.id);
}
