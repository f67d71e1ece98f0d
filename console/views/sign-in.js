/** Before there is a session: who are you, and which meeting? */

import {html, nothing} from "../vendor/lit-html/lit-html.js";
import {icon} from "./icons.js";
import {avatar} from "./parts.js";

/**
 * @param {import("../configuration.js").Configuration} config
 * @param {{meetingId: string, problem: string, kind: string, page: string}} shown
 * @param {(how: {person?: string, token?: string, hosted?: boolean}, meetingId: string) => void} enter
 */
export function signIn(config, {meetingId, problem, kind, page}, enter) {
  const meeting = () => /** @type {HTMLInputElement} */ (document.querySelector("#meeting")).value.trim();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const said = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const [person, token] = [String(said.get("person") ?? "").trim(), String(said.get("token") ?? "").trim()];
    enter(kind === "people" ? {person} : kind === "hosted" ? {hosted: true} : {token}, meeting());
  };
  return html`<main class="sign-in">
    <h1>${icon("gavel")}<span class="brand">Gavel</span></h1>
    <p>${page}</p>
    ${problem ? html`<p class="strip over" role="alert">${icon("warning")}${problem}</p>` : nothing}
    <form @submit=${submit}>
      <label class="field">Meeting<input id="meeting" name="meeting" required autocomplete="off" spellcheck="false" .value=${meetingId} placeholder="MeetingId of Amazon Chime" /></label>
      ${kind === "people" ? html`
        ${config.people?.length ? html`<p id="who">Who are you?</p><div class="picks" role="group" aria-labelledby="who">${config.people.map((person) => html`
          <button type="button" class="button pick" @click=${() => enter({person}, meeting())}>${avatar(person)}${person}</button>`)}</div>` : nothing}
        <label class="field">${config.people?.length ? "Somebody else" : "Who are you?"}<input name="person" required autocomplete="off" spellcheck="false" /></label>`
      : kind === "token" ? html`<label class="field">Token of your issuer<input name="token" type="password" required autocomplete="off" /></label>` : nothing}
      <button class="button strong">Enter</button>
    </form>
  </main>`;
}
