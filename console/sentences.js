/**
 * Sentences of the history in the page's language, made of what an entry says. The server writes English ones: a language
 * without sentences of its own (`told.…` in its messages) shows those, as does an entry of a kind that is not known here.
 */

import {allows} from "./capabilities.js";
import {called, richSentence, sentence, user} from "./names.js";
import {bdi, duration, isSaid, labelOf, list, listOf, mediaList, MEDIA, rich, t, word} from "./words.js";

/** @typedef {import("./store.js").Entry} Entry
 * @typedef {{name: (id: string) => any, say: (key: string, values?: any) => any, join: (parts: any[]) => any, reason: (text: string) => any, english: (parts: any[]) => any}} Speech */

/** @type {Speech} */
export const AS_TEXT = {name: called, say: t, join: (parts) => parts.flat(Infinity).join(""), reason: String, english: sentence};
/** In which names and reasons stand apart. @type {Speech} */
export const AS_MARKUP = {name: user, say: (key, values = {}) => rich(key, values), join: (parts) => parts, reason: bdi, english: richSentence};

const MOST_NAMED = 10;

/** Commands whose labels say it. @type {Record<string, string>} */
const LABELS = {
  mute: "do.mute", unmute: "do.unmute", hold: "do.hold", release: "do.release", "set-role": "do.role", ban: "do.ban", unban: "do.unban",
  "leave-lobby": "do.leave-lobby", "lower-hand": "do.lower-hand", "lower-all-hands": "do.lower-all-hands", "end-floor": "do.end-floor",
  "mute-all": "do.mute-all", "unmute-all": "do.unmute-all", "set-mode": "do.mode", freeze: "do.freeze", unfreeze: "do.unfreeze",
  "set-settings": "do.settings", "set-meeting": "do.settings", end: "do.end", "grant-floor": "told.floor", "raise-hand": "told.raise-hand",
  register: "told.register", bind: "told.bind", "set-capabilities": "told.capabilities", consent: "told.consent", undo: "told.undo",
};

/** Events that no command stands for. @type {Record<string, (entry: Entry) => string>} */
const EVENTS = {
  "Meeting Ended": () => "told.ended",
  "Attendee Removed": () => "told.removed",
  "Hand Raised": () => "told.hand-raised",
  "Unmute Answered": ({answer}) => `told.answered.${answer}`,
  "Admission Requested": () => "told.waits",
  "Drift Found": ({attendees}) => (attendees?.[0]?.corrected ? "told.drift-corrected" : "told.drift-left"),
};

/** What became of the command that an entry names. It is said where the history does not reach back to the command.
 * @type {Record<string, string>} */
const FATES = {"Moderation Delayed": "told.delayed", "Moderation Superseded": "outcome.superseded", "Moderation Abandoned": "outcome.abandoned"};

/** @param {Entry} entry @param {Speech} speech */
export function told(entry, speech) {
  const said = isSaid("told.everybody") && entry.actor && saidOf(entry, speech);
  if (!said) return speech.english(entry.summaryParts);
  return entry.reason ? speech.join([said, ": ", speech.reason(entry.reason)]) : said;
}

/** @param {Entry} entry @param {Speech} speech */
function saidOf(entry, speech) {
  const {type, command, actor, parameters = {}} = entry;
  const ids = idsOf(entry);
  const users = usersIn(ids, speech);
  const event = EVENTS[type]?.(entry);
  if (event) return isSaid(event) ? speech.say(event, {user: users}) : null;
  if (type === "Attendee Capabilities Changed") return speech.join(entry.attendees.map((/** @type {any} */ each, /** @type {number} */ index) => [index ? "; " : "", nowOf(each, speech)]));
  if (type === "Hand Lowered" && (isAutomatic(actor) || ids[0] === actor.id)) return speech.say("told.hand-lowered", {user: users});
  const fate = isSaid(FATES[type]) ? [" – ", t(FATES[type])] : [];
  if (command === "expire") return speech.join([speech.say("told.expired", {user: users}), fate]);
  if (command === "bind" && isAutomatic(actor) && !fate.length) return speech.say("told.joined", {user: users});
  const what = type === "Unmute Requested" ? speech.say("told.asked", {user: users}) : whatOf(command, parameters, users, speech);
  return what && speech.join([actorOf(actor, speech), ": ", what, fate]);
}

/** @param {string} command @param {any} parameters @param {any} users @param {Speech} speech */
function whatOf(command, parameters, users, speech) {
  if (command === "admit-users") return speech.say("told.admit-users", {user: usersIn((parameters.users ?? []).map((/** @type {any} */ each) => each.externalUserId), speech)});
  const key = command === "remove" ? (parameters.ban ? "do.ban" : "do.remove") : command === "admit" ? (parameters.admit ? "do.admit" : "do.turn-away") : LABELS[command];
  if (!key) return null;
  const what = speech.say(key, {
    user: users, media: mediaList(parameters.media ?? ["audio"]), role: labelOf("role", parameters.role), mode: labelOf("mode", parameters.mode),
    answer: parameters.accept ? "yes" : "no",
  });
  return parameters.durationSeconds ? speech.join([what, ` (${duration(parameters.durationSeconds, "short")})`]) : what;
}

/** What somebody may do now, medium by medium. @param {any} attendee @param {Speech} speech */
function nowOf({externalUserId, before, after}, speech) {
  const changed = MEDIA.filter((medium) => before[medium] !== after[medium]);
  const said = changed.map((medium) => `${word("medium", medium)} ${t(`state.${allows(after[medium], "Send") ? "allowed" : "blocked"}`)}`);
  return [speech.name(externalUserId), ": ", said.length ? list(said) : "–"];
}

/** @param {Entry} entry @returns {string[]} */
const idsOf = (entry) => [...new Set((entry.attendees ?? []).map((/** @type {any} */ each) => each.externalUserId))].map(String);

/** @param {string[]} ids @param {Speech} speech */
function usersIn(ids, speech) {
  if (!ids.length) return t("told.everybody");
  return ids.length > MOST_NAMED ? t("history.people", {count: ids.length}) : speech.join(listOf(ids.map(speech.name)));
}

/** @param {{kind: string}} actor */
const isAutomatic = ({kind}) => kind === "clock" || kind === "chime";

/** @param {{kind: string, id: string, via?: string | null}} actor @param {Speech} speech */
function actorOf(actor, speech) {
  const name = isAutomatic(actor) ? "Gavel" : actor.kind === "user" ? speech.name(actor.id) : speech.reason(actor.id);
  return actor.via ? speech.join([name, " (", speech.reason(actor.via), ")"]) : name;
}
