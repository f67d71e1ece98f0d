/** Before there is a session: who are you, and which meeting? And in between, when a token has ended. */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {bdi, t} from "../words.js";
import {icon} from "./icons.js";
import {avatar} from "./parts.js";

/** @typedef {{person?: string, token?: string, hosted?: boolean}} How */

/**
 * @param {import("../configuration.js").Configuration} config
 * @param {{meetingId: string, problem: string, kind: string, page: string}} shown
 * @param {(how: How, meetingId: string) => void} enter
 */
export function signIn(config, {meetingId, problem, kind, page}, enter) {
  const meeting = () => /** @type {HTMLInputElement} */ (document.querySelector("#meeting")).value.trim();
  const field = html`<label class="field">${t("sign-in.meeting")}<input id="meeting" name="meeting" required autocomplete="off" spellcheck="false" .value=${meetingId} placeholder=${t("sign-in.meeting-id")} /></label>`;
  return html`<main class="sign-in">
    <h1>${icon("gavel")}<span class="brand">Gavel</span></h1>
    <p>${page}</p>
    ${problem ? html`<p class="strip over" role="alert">${icon("warning")}${problem}</p>` : nothing}
    ${signInForm(config, kind, (how) => enter(how, meeting()), field)}
  </main>`;
}

/** @param {import("../configuration.js").Configuration} config @param {string} kind @param {(how: How) => void} enter @param {unknown} [before] */
export function signInForm(config, kind, enter, before = /** @type {unknown} */ (nothing)) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const said = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const [person, token] = [String(said.get("person") ?? "").trim(), String(said.get("token") ?? "").trim()];
    enter(kind === "people" ? {person} : kind === "hosted" ? {hosted: true} : {token});
  };
  return html`<form @submit=${submit}>
    ${before}
    ${kind === "people" ? html`
      ${config.people?.length ? html`<p id="who">${t("sign-in.who")}</p><div class="picks" role="group" aria-labelledby="who">${config.people.map((person) => html`
        <button type="button" class="button pick" @click=${() => enter({person})}>${avatar(person)}${bdi(person)}</button>`)}</div>` : nothing}
      <label class="field">${t(config.people?.length ? "sign-in.other" : "sign-in.who")}<input name="person" required dir="auto" autocomplete="off" spellcheck="false" /></label>`
    : kind === "token" ? html`<label class="field">${t("sign-in.token")}<input name="token" type="password" required autocomplete="off" /></label>` : nothing}
    <button class="button strong">${t("sign-in.enter")}</button>
  </form>`;
}
