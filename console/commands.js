/** Everything that a page can ask the server for: its label, the permission it needs, and the call. */

import {called} from "./names.js";
import {duration, mediaList, t} from "./words.js";

/** @typedef {import("./vendor/gavel-client/gavel-client.js").Meeting} Meeting
 * @typedef {{key: string, label: string, needs: string, send: (meeting: Meeting) => Promise<any>, undoable: boolean}} Command
 *   `key`: what it is on and what it does, by ids: labels may be the same for two people
 * @typedef {Omit<Command, "send"> & {send: (meeting: Meeting, of: {user: string}[]) => Promise<SelectionAnswer>, users: string[]}} BulkCommand
 * @typedef {import("./vendor/gavel-client/gavel-client.js").SelectionAnswer} SelectionAnswer */

/** Without what was left empty. @template {object} T @param {T} body @returns {T} */
const filled = (body) => /** @type {T} */ (Object.fromEntries(Object.entries(body).filter(([, value]) => value !== "" && value !== undefined && value !== null)));

/** @param {string} user */
const of = (user) => ({user});

/** The label is written when it is read: a row has commands that are never run.
 * @param {string} needs @param {unknown} on @param {() => string} label @param {(meeting: Meeting) => Promise<any>} send @param {{undoable?: boolean}} [more] @returns {Command} */
const command = (needs, on, label, send, {undoable = true} = {}) => ({key: JSON.stringify([needs, on]), needs, get label() { return label(); }, send, undoable});

const ONCE = {undoable: false};

/** @type {Record<string, (...of: any[]) => Command>} */
export const commands = {
  mute: (user, media, more = {}) => command("mute", [user, media], () => t("do.mute", {user: called(user), media: mediaList(media)}), (meeting) => meeting.mute(of(user), filled({media, ...more}))),
  unmute: (user, media) => command("unmute", [user, media], () => t("do.unmute", {user: called(user), media: mediaList(media)}), (meeting) => meeting.unmute(of(user), {media})),
  hold: (user, reason) => command("hold", user, () => t("do.hold", {user: called(user)}), (meeting) => meeting.hold(of(user), filled({reason}))),
  release: (user) => command("release", user, () => t("do.release", {user: called(user)}), (meeting) => meeting.release(of(user))),
  role: (user, role, label = role) => command("set-role", user, () => t("do.role", {user: called(user), role: label}), (meeting) => meeting.setRole(of(user), role)),
  remove: (user, {ban, ...more}) => command(ban ? "ban" : "remove", user, () => t(ban ? "do.ban" : "do.remove", {user: called(user)}), (meeting) => (ban ? meeting.ban(of(user), filled(more)) : meeting.remove(of(user), filled(more))), {undoable: Boolean(ban)}),
  unban: (user) => command("unban", user, () => t("do.unban", {user: called(user)}), (meeting) => meeting.unban(of(user))),
  admit: (user, admit) => command("admit", [user, admit], () => t(admit ? "do.admit" : "do.turn-away", {user: called(user)}), (meeting) => meeting.admit(of(user), {admit}), ONCE),
  leaveLobby: (user) => command("leave-lobby", user, () => t("do.leave-lobby"), (meeting) => meeting.leaveLobby(of(user)), ONCE),
  raiseHand: (user) => command("raise-hand", user, () => t("do.raise-hand"), (meeting) => meeting.raiseHand(of(user)), ONCE),
  lowerHand: (user, own) => command(own ? "lower-own-hand" : "lower-hand", user, () => t(own ? "do.lower-own-hand" : "do.lower-hand", {user: called(user)}), (meeting) => meeting.lowerHand(of(user)), ONCE),
  floor: (user, seconds, more = {}) => command("grant-floor", user, () => t("do.floor", {user: called(user), time: duration(seconds)}), (meeting) => meeting.grantFloor(of(user), {for: seconds, ...more})),
  endFloor: (user) => command("end-floor", user, () => t("do.end-floor", {user: called(user)}), (meeting) => meeting.endFloor(of(user))),
  consent: (user, changeId, accept) => command("consent", changeId, () => t(accept ? "do.consent" : "do.decline"), (meeting) => meeting.consent(of(user), changeId, accept), ONCE),
  muteMyself: (user, media) => command("mute-self", [user, media], () => t("do.mute-self", {media: mediaList(media)}), (meeting) => meeting.mute(of(user), {media, liftableBy: "self"}), ONCE),
  unmuteMyself: (user, media) => command("unmute-self", [user, media], () => t("do.unmute-self", {media: mediaList(media)}), (meeting) => meeting.unmute(of(user), {media}), ONCE),
  muteAll: (options) => command("mute-all", null, () => t("do.mute-all", {media: mediaList(options.media)}), (meeting) => meeting.muteAll(filled(options))),
  unmuteAll: (media) => command("unmute-all", media, () => t("do.unmute-all", {media: mediaList(media)}), (meeting) => meeting.unmuteAll({media})),
  lowerAllHands: () => command("lower-all-hands", null, () => t("do.lower-all-hands"), (meeting) => meeting.lowerAllHands(), ONCE),
  mode: (mode, label = mode) => command("set-mode", mode, () => t("do.mode", {mode: label}), (meeting) => meeting.setMode(mode)),
  freeze: (frozen) => command(frozen ? "freeze" : "unfreeze", null, () => t(frozen ? "do.freeze" : "do.unfreeze"), (meeting) => (frozen ? meeting.freeze() : meeting.unfreeze())),
  settings: (settings) => command("set-settings", null, () => t("do.settings"), (meeting) => meeting.settings(settings)),
  undo: (changeId, what) => command("undo", changeId, () => t("do.undo", {what}), (meeting) => meeting.undo(changeId), ONCE),
  end: () => command("end", null, () => t("do.end"), (meeting) => meeting.end(), ONCE),
};

/** One request for all of them. @param {string} needs @param {string[]} users @param {string} label
 * @param {(meeting: Meeting, of: {user: string}[]) => Promise<SelectionAnswer>} send @param {Partial<BulkCommand>} [more] @returns {BulkCommand} */
const bulk = (needs, users, label, send, more = {}) => ({key: JSON.stringify([needs, users]), needs, users, label, send, undoable: true, ...more});

/** @type {Record<string, (users: string[], ...more: any[]) => BulkCommand>} */
export const bulkCommands = {
  mute: (users) => bulk("mute", users, t("bulk.did-mute", {count: users.length}), (meeting, who) => meeting.muteSelected(who, {media: ["audio"]})),
  unmute: (users) => bulk("unmute", users, t("bulk.did-unmute", {count: users.length}), (meeting, who) => meeting.unmuteSelected(who, {media: ["audio"]})),
  lower: (users) => bulk("lower-hand", users, t("bulk.did-lower", {count: users.length}), (meeting, who) => meeting.lowerHands(who), ONCE),
  role: (users, role, label = role) => bulk("set-role", users, t("bulk.did-role", {count: users.length, role: label}), (meeting, who) => meeting.setRoles(who, role)),
  remove: (users) => bulk("remove", users, t("bulk.did-remove", {count: users.length}), (meeting, who) => meeting.removeSelected(who), ONCE),
};

/** What an entry says about the change it belongs to. */
const OUTCOMES = {
  "Attendee Capabilities Changed": "applied", "Meeting Moderation Changed": "applied", "Attendee Removed": "applied",
  "Meeting Ended": "applied", "Moderation Superseded": "superseded", "Moderation Abandoned": "abandoned",
};

/** @param {import("./store.js").Entry} entry @returns {string | undefined} undefined where it says nothing of that */
export function outcomeOf({type, answer}) {
  if (type === "Unmute Answered") return answer === "declined" || answer === "expired" ? answer : undefined;
  return OUTCOMES[/** @type {keyof typeof OUTCOMES} */ (type)];
}
