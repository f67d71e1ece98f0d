/** What both pages have in common: sign in, draw, keep clocks going, leave. */

import {html, render} from "./vendor/lit-html/lit-html.js";
import {configuration} from "./configuration.js";
import {Identity} from "./identity.js";
import {Problem} from "./api.js";
import {Session} from "./session.js";
import {signIn} from "./views/sign-in.js";

const ENDS = {
  "not-permitted": "You are nobody in this meeting (any more).",
  banned: "You are banned from this meeting.",
  waiting: "You are in the lobby. A host will let you in soon.",
  "turned-away": "The host did not let you in.",
  "lobby-off": "There is no lobby any more: sign in again.",
  "too-many-connections": "This meeting is open on too many of your pages; this one was the oldest.",
  "signed-out": "Your token has expired: sign in again.",
  "meeting-not-found": "There is no such meeting.",
};

/** @param {string} page what it is @param {(session: Session) => unknown} view */
export async function run(page, view) {
  const root = /** @type {HTMLElement} */ (document.querySelector("#page"));
  root.replaceChildren();
  try {
    const config = await configuration();
    const identity = new Identity(config);
    const shell = new Shell(root, config, identity, page, view);
    await shell.begin();
  } catch (error) {
    render(html`<main class="sign-in"><p class="strip over" role="alert">The page can't start: ${error instanceof Error ? error.message : error}</p></main>`, root);
  }
}

class Shell {
  /** @type {Session | null} */
  session = null;

  /**
   * @param {HTMLElement} root @param {import("./configuration.js").Configuration} config @param {Identity} identity
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
  }

  async begin() {
    try {
      this.meetingId = (await this.identity.comeBack()) ?? this.meetingId;
    } catch (error) {
      return this.#ask(error instanceof Error ? error.message : String(error));
    }
    if (this.identity.isKnown && this.meetingId) await this.#open();
    else this.#ask("");
  }

  /** @param {{person?: string, token?: string, hosted?: boolean}} how @param {string} meetingId */
  async #enter(how, meetingId) {
    this.meetingId = meetingId;
    try {
      if (how.hosted) return await this.identity.leaveToSignIn(meetingId);
      if (how.person) await this.identity.pick(how.person);
      if (how.token) this.identity.paste(how.token);
      await this.#open();
    } catch (error) {
      this.#ask(error instanceof Error ? error.message : String(error));
    }
  }

  async #open() {
    history.replaceState(null, "", `?${new URLSearchParams({meeting: this.meetingId})}`);
    const session = new Session(this.config, this.identity, this.meetingId, () => this.#leave(""));
    this.session = session;
    session.store.watch(() => this.#draw());
    this.#draw();
    try {
      await session.start();
    } catch (error) {
      if (this.session !== session) return;
      const code = error instanceof Problem ? error.code : "";
      this.#leave(ENDS[/** @type {keyof typeof ENDS} */ (code)] ?? (error instanceof Error ? error.message : String(error)));
    }
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
    const shown = {meetingId: this.meetingId, problem, kind: this.identity.kind, page: this.page};
    render(signIn(this.config, shown, (how, meetingId) => this.#enter(how, meetingId)), this.root);
  }

  #draw() {
    const {session} = this;
    if (!session) return;
    const {store} = session;
    if (store.ended) return this.#leave(ENDS[/** @type {keyof typeof ENDS} */ (store.ended)] ?? store.ended);
    render(store.meeting && store.me ? this.view(session) : html`<main class="sign-in"><p role="status">Opening the meeting …</p></main>`, this.root);
    const dialog = this.root.querySelector("dialog");
    if (session.dialog && dialog && !dialog.open) dialog.showModal();
    if (!session.dialog && dialog?.open) dialog.close();
  }
}
