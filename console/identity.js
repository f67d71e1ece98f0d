/**
 * Who is at the page. Tokens live in this tab's session storage and nowhere else, and are renewed before they end.
 * Three ways in: the local issuer (pick a user), Cognito's pages (authorization code with PKCE), a token by hand.
 */

import {t} from "./words.js";

const TOKEN = "gavel.token";
const REFRESH = "gavel.refresh";
const PERSON = "gavel.person";
const SIGN_IN = "gavel.sign-in";
/** Seconds before its end at which a token is renewed, if that is possible; without that it is used to its end. */
const RENEW_BEFORE = 60;

/** There is no token any more, and none can be had without the user. */
export class SignedOut extends Error {}

/** @type {Identity | undefined} */
let known;

/** The one of this page: a token is renewed once, however many ask for it. @param {import("./configuration.js").Configuration} config */
export const identityOf = (config) => (known ??= new Identity(config));

export class Identity {
  /** @type {Promise<string> | null} */
  #renewal = null;

  /** @param {import("./configuration.js").Configuration} config */
  constructor(config) {
    this.config = config;
  }

  get kind() {
    return this.config.tokenUrl ? "people" : this.config.hostedSignIn ? "hosted" : "token";
  }

  get isKnown() {
    return this.#isRenewable || this.#isGood(sessionStorage.getItem(TOKEN), 0);
  }

  /** The user that the token names. */
  get user() {
    const sub = claimsOf(sessionStorage.getItem(TOKEN))?.sub;
    return typeof sub === "string" ? sub : "";
  }

  /** When the user has to sign in again, in milliseconds; undefined if the token is renewed by itself. */
  get endsAt() {
    const ends = claimsOf(sessionStorage.getItem(TOKEN))?.exp;
    return this.#isRenewable || typeof ends !== "number" ? undefined : ends * 1000;
  }

  /** A token that is good. Raises `SignedOut`: sign in again. */
  async token() {
    const held = sessionStorage.getItem(TOKEN);
    if (held && this.#isGood(held, this.#isRenewable ? RENEW_BEFORE : 0)) return held;
    if (!this.#isRenewable) throw new SignedOut(t("ended.unauthorized"));
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  /** @param {string} person */
  async pick(person) {
    sessionStorage.setItem(PERSON, person);
    await this.#issued(person);
  }

  /** @param {string} token */
  paste(token) {
    const bare = token.trim().replace(/^Bearer\s+/i, "");
    if (!this.#isGood(bare, 0)) throw new Error(t("sign-in.bad-token"));
    sessionStorage.setItem(TOKEN, bare);
  }

  signOut() {
    for (const key of [TOKEN, REFRESH, PERSON, SIGN_IN]) sessionStorage.removeItem(key);
  }

  /** To Cognito's page; it comes back to this one with a code. @param {string} meetingId @param {object} place what of the page was looked at */
  async leaveToSignIn(meetingId, place) {
    const [verifier, state] = [random(), random()];
    const back = location.origin + location.pathname.replace(/index\.html$/, "");
    sessionStorage.setItem(SIGN_IN, JSON.stringify({verifier, state, meetingId, back, place}));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const {domain, clientId} = this.#hosted;
    const asked = new URLSearchParams({
      response_type: "code", client_id: clientId, redirect_uri: back, scope: "openid", state,
      code_challenge_method: "S256", code_challenge: base64url(new Uint8Array(digest)),
    });
    location.assign(`${domain}/oauth2/authorize?${asked}`);
  }

  /** Takes what Cognito's page sent along, if it did. `problem` says why there is no token.
   * @returns {Promise<{meetingId: string, place: object, problem: string} | null>} where one came from */
  async comeBack() {
    const said = new URLSearchParams(location.search);
    const kept = sessionStorage.getItem(SIGN_IN);
    if (!kept || !said.has("state")) return null;
    sessionStorage.removeItem(SIGN_IN);
    const {verifier, state, meetingId, back, place} = JSON.parse(kept);
    history.replaceState(null, "", `${back}?${new URLSearchParams({meeting: meetingId})}`);
    const [from, failed] = [{meetingId, place, problem: ""}, {meetingId, place, problem: t("sign-in.failed")}];
    if (said.get("state") !== state) return failed; // of another page's making, as is what it says
    const code = said.get("code");
    if (!code) return {...failed, problem: said.get("error_description") ?? failed.problem};
    return this.#exchange({grant_type: "authorization_code", redirect_uri: back, code, code_verifier: verifier}).then(() => from, () => failed);
  }

  get #hosted() {
    if (!this.config.hostedSignIn) throw new Error(t("sign-in.failed"));
    return this.config.hostedSignIn;
  }

  get #isRenewable() {
    return Boolean(this.kind === "people" ? sessionStorage.getItem(PERSON) : sessionStorage.getItem(REFRESH));
  }

  async #renew() {
    const person = sessionStorage.getItem(PERSON);
    if (this.kind === "people" && person) return this.#issued(person);
    return this.#exchange({grant_type: "refresh_token", refresh_token: sessionStorage.getItem(REFRESH) ?? ""});
  }

  /** @param {Record<string, string>} grant @returns {Promise<string>} */
  async #exchange(grant) {
    const {domain, clientId} = this.#hosted;
    const answer = await fetch(`${domain}/oauth2/token`, {method: "POST", body: new URLSearchParams({client_id: clientId, ...grant})});
    if (answer.status === 400 || answer.status === 401) {
      // Not renewable any more, so that the user is asked. A server that is down says nothing about that.
      sessionStorage.removeItem(REFRESH);
      throw new SignedOut(t("sign-in.failed"));
    }
    if (!answer.ok) throw new Error(t("sign-in.failed"));
    const {access_token: token, refresh_token: refresh} = await answer.json();
    sessionStorage.setItem(TOKEN, token);
    if (refresh) sessionStorage.setItem(REFRESH, refresh);
    return token;
  }

  /** @param {string} person @returns {Promise<string>} */
  async #issued(person) {
    const answer = await fetch(/** @type {string} */ (this.config.tokenUrl), {method: "POST", body: JSON.stringify({sub: person})});
    if (!answer.ok) throw new Error(t("sign-in.failed"));
    const token = (await answer.json()).access_token;
    sessionStorage.setItem(TOKEN, token);
    return token;
  }

  /** @param {string | null} token @param {number} margin seconds */
  #isGood(token, margin) {
    const ends = claimsOf(token)?.exp;
    return typeof ends === "number" && ends > Date.now() / 1000 + margin;
  }
}

/** @param {string | null} token @returns {Record<string, unknown> | null} */
function claimsOf(token) {
  try {
    const part = (token ?? "").split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (each) => each.charCodeAt(0))));
  } catch {
    return null;
  }
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
