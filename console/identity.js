/**
 * Who is at the page. Tokens live in this tab's session storage and nowhere else.
 * Three ways in: the local issuer (pick a person), Cognito's pages (authorization code with PKCE), a token by hand.
 */

const TOKEN = "gavel.token";
const PERSON = "gavel.person";
const SIGN_IN = "gavel.sign-in";
const SOON = 60; // seconds before its end at which a token is not used any more

export class Identity {
  /** @param {import("./configuration.js").Configuration} config */
  constructor(config) {
    this.config = config;
  }

  get kind() {
    return this.config.tokenUrl ? "people" : this.config.hostedSignIn ? "hosted" : "token";
  }

  get isKnown() {
    return this.kind === "people" ? Boolean(sessionStorage.getItem(PERSON)) : this.#isGood(sessionStorage.getItem(TOKEN));
  }

  /** @returns {Promise<string | null>} a token that is good for a minute at least, or null: sign in again */
  async token() {
    const held = sessionStorage.getItem(TOKEN);
    if (this.#isGood(held)) return held;
    const person = sessionStorage.getItem(PERSON);
    return this.kind === "people" && person ? this.#issued(person) : null;
  }

  /** The API did not take the token. */
  forget() {
    sessionStorage.removeItem(TOKEN);
  }

  /** @param {string} person */
  async pick(person) {
    sessionStorage.setItem(PERSON, person);
    await this.#issued(person);
  }

  /** @param {string} token */
  paste(token) {
    const bare = token.trim().replace(/^Bearer\s+/i, "");
    if (!this.#isGood(bare)) throw new Error("This is no token, or it has expired.");
    sessionStorage.setItem(TOKEN, bare);
  }

  signOut() {
    for (const key of [TOKEN, PERSON, SIGN_IN]) sessionStorage.removeItem(key);
  }

  /** To Cognito's page; it comes back to this one with a code. @param {string} meetingId */
  async leaveToSignIn(meetingId) {
    const [verifier, state] = [random(), random()];
    const back = location.origin + location.pathname.replace(/index\.html$/, "");
    sessionStorage.setItem(SIGN_IN, JSON.stringify({verifier, state, meetingId, back}));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const {domain, clientId} = this.#hosted;
    const asked = new URLSearchParams({
      response_type: "code", client_id: clientId, redirect_uri: back, scope: "openid", state,
      code_challenge_method: "S256", code_challenge: base64url(new Uint8Array(digest)),
    });
    location.assign(`${domain}/oauth2/authorize?${asked}`);
  }

  /** Takes what Cognito's page sent along, if it did. @returns {Promise<string | null>} the meeting one came from */
  async comeBack() {
    const said = new URLSearchParams(location.search);
    const kept = sessionStorage.getItem(SIGN_IN);
    if (!kept || !said.has("state")) return null;
    sessionStorage.removeItem(SIGN_IN);
    const {verifier, state, meetingId, back} = JSON.parse(kept);
    history.replaceState(null, "", back);
    if (said.get("state") !== state || !said.has("code")) throw new Error(said.get("error_description") ?? "The sign-in failed.");
    const {domain, clientId} = this.#hosted;
    const answer = await fetch(`${domain}/oauth2/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code", client_id: clientId, redirect_uri: back,
        code: said.get("code") ?? "", code_verifier: verifier,
      }),
    });
    if (!answer.ok) throw new Error("The sign-in failed.");
    sessionStorage.setItem(TOKEN, (await answer.json()).access_token);
    return meetingId;
  }

  get #hosted() {
    if (!this.config.hostedSignIn) throw new Error("There is no page to sign in at.");
    return this.config.hostedSignIn;
  }

  /** @param {string} person */
  async #issued(person) {
    const answer = await fetch(/** @type {string} */ (this.config.tokenUrl), {method: "POST", body: JSON.stringify({sub: person})});
    if (!answer.ok) throw new Error(`The issuer answers ${answer.status}.`);
    const token = (await answer.json()).access_token;
    sessionStorage.setItem(TOKEN, token);
    return token;
  }

  /** @param {string | null} token */
  #isGood(token) {
    try {
      const claims = JSON.parse(atob((token ?? "").split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
      return typeof claims.exp === "number" && claims.exp > Date.now() / 1000 + SOON;
    } catch {
      return false;
    }
  }
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
