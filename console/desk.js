/** Sends commands, and keeps what became of them: one notice each, and one for many of the same kind. */

import {commands, outcomeOf} from "./commands.js";
import {isProblem, Problem, Unreachable} from "./vendor/gavel-client/gavel-client.js";
import {isSaid, t} from "./words.js";

/** @typedef {import("./commands.js").Command} Command @typedef {import("./commands.js").BulkCommand} BulkCommand
 * @typedef {{changeId: string, outcome: string, detail: string}} Part what became of one of many
 * @typedef {{id: number, label: string, status: string, detail: string, policies: string[], limits: any[],
 *   effects: string[], changeIds: string[], undoable: boolean, all: number, parts: Part[], fading?: ReturnType<typeof setTimeout>}} Notice
 * @typedef {{fields: Record<string, string>, message: string}} Refusal what a dialog shows of an answer that is no agreement */

const LINGER = 20_000;
const BRIEF = 6_000;
const MOST = 3;
const AT_ONCE = 4;
/** As many as one request may name. */
const TOGETHER = 250;
const OPEN = ["pending", "awaiting"];
const TOLD = new Set(["nobody-present", "already-silent"]);

export class Desk {
  /** @type {Notice[]} */
  notices = [];
  /** Keys of commands whose answer is awaited. @type {Set<string>} */
  busy = new Set();
  #last = 0;

  /** @param {import("./vendor/gavel-client/gavel-client.js").Meeting} meeting @param {import("./store.js").Store} store */
  constructor(meeting, store) {
    this.meeting = meeting;
    this.store = store;
    store.watch(() => this.#follow());
  }

  /** @param {Pick<Command, "key">} command */
  isBusy({key}) {
    return this.busy.has(key);
  }

  /** @param {Command} command */
  async run(command) {
    await this.ask(command, true);
  }

  /** @param {Command} command @param {boolean} [loud] whether a refusal is a notice, too
   * @returns {Promise<Refusal | null>} null if the server agreed */
  async ask(command, loud = false) {
    if (this.isBusy(command)) return {fields: {}, message: t("asking")};
    this.busy.add(command.key);
    const notice = this.#notice(command.label, command.undoable);
    try {
      this.#answered(notice, await command.send(this.meeting));
      return null;
    } catch (error) {
      const refusal = refusalOf(error);
      if (loud) this.#refused(notice, error);
      else this.dismiss(notice.id);
      return refusal;
    } finally {
      this.busy.delete(command.key);
      this.store.redraw();
    }
  }

  /** One request for many people. For those that the server had no time for it is repeated: a request in which nobody's
   * turn has come is a problem. @param {BulkCommand} command */
  async runTogether(command) {
    if (!command.users.length || this.isBusy(command)) return;
    this.busy.add(command.key);
    const notice = this.#notice(command.label, command.undoable, command.users.length);
    let left = command.users;
    try {
      while (left.length) {
        const asked = left.slice(0, TOGETHER);
        const {outcomes} = await command.send(this.meeting, asked.map((user) => ({user})));
        for (const outcome of outcomes) this.store.settled(outcome);
        notice.parts.push(...outcomes.filter((outcome) => !isForLater(outcome)).map(partOf));
        left = [...asked.filter((_, index) => isForLater(outcomes[index])), ...left.slice(TOGETHER)];
        this.store.redraw();
      }
      this.#summed(notice);
    } catch (error) {
      if (!notice.parts.length) return this.#refused(notice, error);
      const {message} = refusalOf(error);
      notice.parts.push(...left.map(() => ({changeId: "", outcome: "refused", detail: message})));
      this.#summed(notice);
    } finally {
      this.busy.delete(command.key);
      this.store.redraw();
    }
  }

  /** Many commands of one kind, as one. @param {string} label @param {Command[]} commands */
  async runAll(label, commands) {
    if (!commands.length) return;
    const notice = this.#notice(label, commands.every(({undoable}) => undoable), commands.length);
    const waiting = [...commands];
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        try {
          const answer = await next.send(this.meeting);
          notice.parts.push({changeId: answer.changeId ?? "", outcome: answer.awaiting ? "awaiting" : answer.status, detail: ""});
          this.store.answered(answer);
        } catch (error) {
          notice.parts.push({changeId: "", outcome: "refused", detail: refusalOf(error).message});
        }
        this.store.redraw();
      }
    };
    await Promise.all(Array.from({length: AT_ONCE}, worker));
    this.#summed(notice);
    this.store.redraw();
  }

  /** Of one notice or line of the history, which may stand for many changes. @param {string[]} changeIds @param {string} what */
  undo(changeIds, what) {
    const all = changeIds.map((changeId) => commands.undo(changeId, what));
    return all.length === 1 ? this.run(all[0]) : this.runAll(all[0].label, all);
  }

  /** @param {number} id */
  dismiss(id) {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.store.redraw();
  }

  /** @param {string} label @param {boolean} undoable @param {number} [all] @returns {Notice} */
  #notice(label, undoable, all = 1) {
    /** @type {Notice} */
    const notice = {
      id: ++this.#last, label, status: "asked", detail: "", policies: [], limits: [], effects: [], changeIds: [],
      undoable: undoable && this.store.may("undo"), all, parts: [],
    };
    this.notices = [...this.notices, notice].slice(-MOST);
    this.store.redraw();
    return notice;
  }

  /** @param {Notice} notice @param {any} answer */
  #answered(notice, answer) {
    notice.status = answer.awaiting ? "awaiting" : answer.status ?? "applied";
    notice.changeIds = answer.changeId ? [answer.changeId] : [];
    notice.effects = (answer.effects ?? []).filter((/** @type {string} */ effect) => TOLD.has(effect));
    if (notice.status === "unchanged") notice.undoable = false;
    this.store.answered(answer);
    this.#fade(notice);
  }

  /** What became of many. @param {Notice} notice */
  #summed(notice) {
    notice.changeIds = notice.parts.flatMap(({changeId}) => changeId || []);
    notice.status = statusOf(notice.parts);
    this.#fade(notice);
  }

  /** @param {Notice} notice @param {unknown} error */
  #refused(notice, error) {
    notice.status = error instanceof Problem && error.status < 500 && error.code !== "unauthorized" ? "refused" : "failed";
    notice.undoable = false;
    notice.detail = refusalOf(error).message;
    if (error instanceof Problem) {
      notice.policies = error.policies.filter((id) => id !== "no-permit");
      notice.limits = error.limits;
      if (error.code === "unauthorized") this.store.end("unauthorized");
    }
  }

  /** What was pending may have come to its end, and what is no more so is not said any longer. */
  #follow() {
    const open = this.notices.filter(({status, parts}) => OPEN.includes(status) || parts.some(({outcome}) => OPEN.includes(outcome)));
    const fates = open.length ? this.#fates() : new Map();
    for (const notice of this.notices) {
      if (notice.undoable && notice.changeIds.some((id) => this.store.undone.has(id))) notice.undoable = false;
      if (!open.includes(notice)) continue;
      for (const part of notice.parts) if (OPEN.includes(part.outcome)) part.outcome = fates.get(part.changeId) ?? part.outcome;
      if (notice.status === "asked") continue; // more of its parts are to come
      const status = notice.parts.length ? statusOf(notice.parts) : fates.get(notice.changeIds[0]) ?? notice.status;
      if (status !== notice.status) this.#fade(notice);
      notice.status = status;
    }
  }

  /** By change. @returns {Map<string, string>} */
  #fates() {
    const fates = new Map([...this.store.outcomes].filter(([, outcome]) => outcome));
    for (const entry of this.store.entries.values()) {
      const outcome = entry.changeId && outcomeOf(entry);
      if (outcome) fates.set(entry.changeId, outcome);
    }
    return fates;
  }

  /** Dismisses the notice some seconds after its last change of status. One that is pending, hovered or focused stays.
   * @param {Notice} notice */
  #fade(notice) {
    clearTimeout(notice.fading);
    notice.fading = setTimeout(() => {
      const element = document.querySelector(`[data-notice="${notice.id}"]`);
      if (element?.matches(":hover, :focus-within") || OPEN.includes(notice.status)) this.#fade(notice);
      else this.dismiss(notice.id);
    }, notice.undoable ? LINGER : BRIEF);
  }
}

/** Nothing was decided. @param {import("./vendor/gavel-client/gavel-client.js").SelectedOutcome} outcome */
const isForLater = ({code}) => code === "busy" || code === "contended";

/** @param {import("./vendor/gavel-client/gavel-client.js").SelectedOutcome} outcome @returns {Part} */
function partOf({changeId, outcome, awaiting, code, detail}) {
  if (outcome !== "refused") return {changeId: changeId ?? "", outcome: awaiting ? "awaiting" : outcome, detail: ""};
  return {changeId: "", outcome, detail: problemOf(code ?? "", detail ?? "")};
}

/** @param {Part[]} parts */
function statusOf(parts) {
  const has = (/** @type {string} */ outcome) => parts.some((part) => part.outcome === outcome);
  if (has("refused")) return parts.every(({outcome}) => outcome === "refused") ? "refused" : "partly";
  const left = OPEN.find(has);
  return left ?? (parts.every(({outcome}) => outcome === "unchanged") ? "unchanged" : "applied");
}

/** What became of many, by what is said of it. @param {Part[]} parts @returns {{outcome: string, detail: string, count: number}[]} */
export function groupsOf(parts) {
  /** @type {Map<string, {outcome: string, detail: string, count: number}>} */
  const groups = new Map();
  for (const {outcome, detail} of parts) {
    const key = `${outcome} ${detail}`;
    const group = groups.get(key) ?? {outcome, detail, count: 0};
    group.count += 1;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

/** @param {string} code @param {string} detail */
const problemOf = (code, detail) => (isSaid(`problem.${code}`) ? t(`problem.${code}`) : detail || t("problem.other", {code}));

/** What went wrong and what to do, in the words of the page. @param {unknown} error @returns {Refusal} */
function refusalOf(error) {
  if (error instanceof Unreachable) return {fields: {}, message: t("problem.unreachable")};
  if (!isProblem(error)) return {fields: {}, message: error instanceof Error ? error.message : String(error)};
  const fields = Object.fromEntries(error.errors.map(({pointer}) => {
    const field = pointer.split("/")[1] ?? "";
    return [field, t(isSaid(`invalid.${field}`) ? `invalid.${field}` : "invalid.field")];
  }));
  return {fields, message: problemOf(error.code, error.detail)};
}
