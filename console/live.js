/**
 * Listening, as docs/live.md says: a ticket, a socket, a snapshot, then changes. While there is no socket the page asks
 * every few seconds instead, and goes on trying.
 */

import {Problem} from "./api.js";

const SNAPSHOT_WITHIN = 10_000;
const ASK_AGAIN = 5 * 60_000;
const POLL = 3_000;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

export class Live {
  #wait = FIRST_WAIT;
  #over = false;
  /** @type {WebSocket | null} */
  #socket = null;
  #asking = 0;
  #patience = 0;
  #return = 0;
  #poll = 0;

  /** @param {import("./api.js").Api} api @param {import("./store.js").Store} store */
  constructor(api, store) {
    this.api = api;
    this.store = store;
  }

  async start() {
    if (this.#over) return;
    try {
      const {url} = await this.api.ticket();
      if (!this.#over) this.#open(url);
    } catch (error) {
      if (error instanceof Problem && [401, 403, 404].includes(error.status)) return this.#end(error.code);
      this.#comeBack();
    }
  }

  stop() {
    this.#over = true;
    this.#quiet();
    clearTimeout(this.#poll);
    this.#socket?.close();
  }

  /** @param {string} url */
  #open(url) {
    const socket = new WebSocket(url);
    this.#socket = socket;
    const ask = () => socket.send(JSON.stringify({action: "listen", after: this.store.cursor || undefined}));
    socket.onopen = () => {
      ask();
      this.#asking = setInterval(ask, ASK_AGAIN);
      this.#patience = setTimeout(() => socket.close(), SNAPSHOT_WITHIN);
    };
    socket.onmessage = ({data}) => this.#take(JSON.parse(data), ask);
    socket.onclose = () => this.#comeBack();
  }

  /** @param {any} message @param {() => void} ask */
  #take(message, ask) {
    if (message.type === "closed") return this.#end(message.code);
    if (message.type !== "snapshot" && message.type !== "change") return;
    this.store.take(message);
    if (!message.complete) return;
    clearTimeout(this.#patience);
    clearTimeout(this.#poll);
    this.#poll = 0;
    this.#wait = FIRST_WAIT;
    this.store.link = "live";
    if (message.more) ask();
  }

  /** @param {string} code */
  #end(code) {
    this.stop();
    this.store.end(code);
  }

  #comeBack() {
    if (this.#over) return;
    this.#quiet();
    this.store.link = "polling";
    if (!this.#poll) this.#ask();
    this.#return = setTimeout(() => this.start(), this.#wait * (0.75 + Math.random() / 2));
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  #ask() {
    this.#poll = setTimeout(async () => {
      try {
        await this.store.load(this.api);
      } catch (error) {
        if (error instanceof Problem && [401, 403].includes(error.status)) return this.#end(error.code);
        this.store.link = "offline";
      }
      if (this.#poll && !this.#over) this.#ask();
    }, POLL);
  }

  #quiet() {
    for (const timer of [this.#asking, this.#patience, this.#return]) clearTimeout(timer);
    if (this.#socket) this.#socket.onclose = this.#socket.onmessage = null;
  }
}
