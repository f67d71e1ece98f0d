/** The REST API of one meeting. Every deed has an idempotency key, so trying again after a lost answer does it once. */

const TRIES = 3;
const UNCLEAR = new Set([429, 502, 503, 504]);

/** An answer that is none: why, in the server's words. */
export class Problem extends Error {
  /** @param {number} status @param {any} said */
  constructor(status, said) {
    super(said.detail ?? said.message ?? `The server answers ${status}.`);
    this.status = status;
    /** @type {string} */
    this.code = said.code ?? (status === 401 ? "signed-out" : "unreachable");
    /** @type {string[]} */
    this.policies = said.policies ?? [];
    /** @type {any[]} */
    this.limits = said.limits ?? [];
    /** @type {{pointer: string, detail: string}[]} */
    this.errors = said.errors ?? [];
  }
}

export class Api {
  /** @param {string} url @param {string} meetingId @param {import("./identity.js").Identity} identity */
  constructor(url, meetingId, identity) {
    this.meetingId = meetingId;
    this.root = `${url.replace(/\/$/, "")}/meetings/${encodeURIComponent(meetingId)}`;
    this.identity = identity;
  }

  /** @param {string} path behind the meeting's */
  get(path = "") {
    return this.#send("GET", path);
  }

  /** Where to listen. */
  ticket() {
    return this.#send("POST", "/live");
  }

  /** @param {{method: string, path: string, body?: object}} deed */
  async deed({method, path, body}) {
    const key = crypto.randomUUID();
    for (let tried = 1; ; tried++) {
      try {
        return await this.#send(method, path, body, {"Idempotency-Key": key});
      } catch (error) {
        const unclear = !(error instanceof Problem) || (UNCLEAR.has(error.status) && error.code !== "chime-refused");
        if (!unclear || tried === TRIES) throw error;
        await new Promise((go) => setTimeout(go, 300 * 2 ** tried * (0.5 + Math.random())));
      }
    }
  }

  /** All pages of a list. @param {string} path @param {(page: any) => void} take */
  async pages(path, take) {
    for (let next = ""; ; ) {
      const page = await this.get(`${path}?limit=100${next && `&nextToken=${encodeURIComponent(next)}`}`);
      take(page);
      if (!page.nextToken) return;
      next = page.nextToken;
    }
  }

  /** @param {string} method @param {string} path @param {object} [body] @param {Record<string, string>} [more] */
  async #send(method, path, body, more = {}) {
    const token = await this.identity.token();
    if (!token) throw new Problem(401, {message: "You are signed out."});
    const headers = {Authorization: `Bearer ${token}`, ...(body && {"Content-Type": "application/json"}), ...more};
    let answer;
    try {
      answer = await fetch(this.root + path, {method, headers, body: body && JSON.stringify(body), cache: "no-store"});
    } catch {
      throw new Error("The server can't be reached.");
    }
    const document = await answer.json().catch(() => ({}));
    if (answer.status === 401) this.identity.forget();
    if (!answer.ok) throw new Problem(answer.status, document);
    return document;
  }
}

/** An id as a part of a path: what a proxy might take for something else goes as base64url. @param {string} id */
export function segment(id) {
  if (/^[^/\\%~.][^/\\%]*$/.test(id)) return encodeURIComponent(id);
  const bytes = String.fromCharCode(...new TextEncoder().encode(id));
  return `~${btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** @param {string} user */
export const ofUser = (user) => `/users/${segment(user)}`;
