/** What both pages have in common: sign in, wait in the lobby, draw, keep clocks going, leave. */

import {html, nothing, render} from "./vendor/lit-html/lit-html.js";
import {commands} from "./commands.js";
import {configuration} from "./configuration.js";
import {identityOf} from "./identity.js";
import {Session} from "./session.js";
import {icon} from "./views/icons.js";
import {button, focusOn} from "./views/parts.js";
import {signIn} from "./views/sign-in.js";
import {isSaid, speak, t} from "./words.js";

/** @typedef {import("./views/sign-in.js").How} How */

/** @param {string} page the key of what it is @param {(session: Session) => unknown} view */
export async function run(page, view) {
  const root = /** @type {HTMLElement} */ (document.querySelector("#page"));
  root.replaceChildren();
  try {
    const [config] = await Promise.all([configuration(), speak()]);
    document.title = `Gavel – ${t(page)}`;
    const shell = new Shell(root, config, identityOf(config), page, view);
    await shell.begin();
  } catch (error) {
    render(html`<main class="sign-in"><p class="strip over" role="alert">The page can't start: ${error instanceof Error ? error.message : error}</p></main>`, root);
  }
}

class Shell {
  /** @type {Session | null} */
  session = null;
  /** What of the page was looked at when it was left to sign in. @type {object} */
  place = {};

  /**
   * @param {HTMLElement} root @param {import("./configuration.js").Configuration} config @param {import("./identity.js").Identity} identity
   * @param {string} page @param {(session: Session) => unknown} view
   */
  constructor(root, config, identity, page, view) {
    this.root = root;
    this.config = config;
    this.identity = identity;
    this.page = page;
    this.view = view;
    this.meetingId = new URLSearchParams(location.search).get("meeting") ?? config.meetingId ?? "";
    setInterval(() => this.#draw(), 1000);
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  async begin() {
    const back = await this.identity.comeBack();
    if (back) [this.meetingId, this.place] = [back.meetingId, back.place];
    if (back?.problem) this.#ask(back.problem);
    else if (this.identity.isKnown && this.meetingId) this.#open();
    else this.#ask("");
  }

  /** @param {How} how @param {string} meetingId */
  async #enter(how, meetingId) {
    this.meetingId = meetingId;
    try {
      if (how.hosted) return await this.identity.leaveToSignIn(meetingId, this.session?.place ?? this.place);
      if (how.person) await this.identity.pick(how.person);
      if (how.token) this.identity.paste(how.token);
      this.#open();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (this.session?.dialog) this.session.dialog.refusal = {fields: {}, message: problem};
      else return this.#ask(problem);
      this.#draw();
    }
  }

  /** A session takes the place of the one before it, which shows what was known until the new one knows more. */
  #open() {
    history.replaceState(null, "", `?${new URLSearchParams({meeting: this.meetingId})}`);
    const before = this.session;
    before?.stop();
    const session = new Session(this.config, this.identity, this.meetingId, () => this.#leave(""));
    session.signInAgain = (how) => this.#enter(how, this.meetingId);
    Object.assign(session.place, this.place, before?.place);
    if (before) session.store.entries = before.store.entries;
    this.place = {};
    this.session = session;
    session.store.watchDrawing(() => this.#draw());
    void session.start();
    this.#draw();
  }

  /** @param {string} problem */
  #leave(problem) {
    this.session?.stop();
    this.session = null;
    this.identity.signOut();
    this.#ask(problem);
  }

  /** @param {string} problem */
  #ask(problem) {
    const shown = {meetingId: this.meetingId, problem, kind: this.identity.kind, page: t(this.page)};
    render(signIn(this.config, shown, (how, meetingId) => this.#enter(how, meetingId)), this.root);
    /** @type {HTMLElement | null} */ (this.root.querySelector(this.meetingId ? ".picks button, [name=person], [name=token], button.strong" : "#meeting"))?.focus();
  }

  #draw() {
    const {session} = this;
    if (!session) return;
    const {store} = session;
    const {ended} = store;
    const stays = ended === "unauthorized" || ended === "stopped" || (ended && store.meeting?.endedAt);
    if (ended && !(stays && store.meeting)) return this.#leave(isSaid(`ended.${ended}`) ? t(`ended.${ended}`) : ended);
    const {activeElement} = document;
    render(this.#page(session), this.root);
    // An element that the drawing has moved has lost the focus.
    if (document.activeElement === document.body && activeElement?.isConnected) /** @type {HTMLElement} */ (activeElement).focus({preventScroll: true});
    const dialog = this.root.querySelector("dialog");
    if (session.dialog && dialog && !dialog.open) dialog.showModal();
    if (!session.dialog && dialog?.open) dialog.close();
  }

  /** @param {Session} session */
  #page(session) {
    const {store} = session;
    if (store.state.lobby === "waiting") return waiting(session, this.identity.user);
    if (!store.meeting || !store.me) return html`<main class="sign-in"><p role="status">${t("opening")}</p></main>`;
    return html`<div class="page ${store.isStale ? "stale" : ""}">${this.view(session)}</div>`;
  }

  /** Keys that work wherever nothing is typed. @param {KeyboardEvent} event */
  #onKey(event) {
    const element = /** @type {HTMLElement} */ (event.target);
    if (!this.session || this.session.dialog || event.ctrlKey || event.metaKey || event.altKey || element.matches?.("input, select, textarea")) return;
    if (event.key === "/") {
      this.session.look({tab: "people"});
      focusOn("#find");
    } else if (event.key === "?" && document.querySelector(".keys")) this.session.open("keys");
    else return;
    event.preventDefault();
  }
}

/** Shows a user in the lobby that they wait, and continues when they are admitted. @param {Session} session @param {string} user */
function waiting(session, user) {
  return html`<main class="sign-in waiting">
    <h1>${icon("gavel")}<span class="brand">Gavel</span></h1>
    <div role="status"><h2>${icon("clock")} ${t("waiting.title")}</h2></div>
    <p>${t("waiting.says")}</p>
    ${session.store.state.connected ? nothing : html`<p class="strip stale" role="alert">${icon("warning")}${t("waiting.offline")}</p>`}
    <div class="actions">${button(session, commands.leaveLobby(user), {label: t("waiting.leave")})}
      <button type="button" class="button quiet" @click=${() => session.leave()}>${t("sign-out")}</button></div>
  </main>`;
}
