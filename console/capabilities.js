/** What the rules allow a person to send, and if not, why not. A permission says nothing about what they do with it. */

import {called, user} from "./names.js";
import {bdi, mediaList, rich, t} from "./words.js";

/** @typedef {import("./store.js").Limit} Limit @typedef {import("./store.js").Shown} Shown
 * @typedef {import("./words.js").Medium} Medium */

/** @param {string} word one of Amazon's four @param {"Send" | "Receive"} direction */
export const allows = (word, direction) => word === "SendReceive" || word === direction;

/**
 * One medium of one person. `state` is `allowed`, `blocked`, `pending` (Chime does not have it yet) or `drifted`;
 * `never` means that lifting restrictions can't help: the role, the mode or the meeting does not allow it.
 * @param {Shown} attendee @param {Medium} medium
 */
export function stateOf(attendee, medium) {
  const allowed = allows(attendee.capabilities[medium], "Send");
  const withheld = (attendee.limits ?? []).filter((limit) => limit.media.includes(medium) && limit.withholds === "send");
  const chime = attendee.status === "drifted" ? attendee.found : attendee.confirmed;
  const settled = attendee.status === "applied" || chime?.[medium] === attendee.capabilities[medium];
  const never = allowed ? undefined : withheld.find((limit) => limit.by === "policy" || limit.by === "meeting-feature");
  return {
    allowed, withheld, never, receives: allows(attendee.capabilities[medium], "Receive"),
    settling: settled ? "" : attendee.status,
    chime: attendee.status === "drifted" && !settled ? chime?.[medium] : undefined,
    state: settled ? (allowed ? "allowed" : "blocked") : attendee.status,
  };
}

/** A person's own mute, and not one that another person lets them lift. @param {Limit} limit @param {string} [whose] */
const isOwn = ({by, liftableBy, actor}, whose) => by === "restriction" && liftableBy === "self" && (!actor || actor === whose);

/** Why sending is blocked, and which actor blocks it. @param {Limit} limit @param {{me?: string, whose?: string}} [seen] */
export function because(limit, {me, whose} = {}) {
  const actor = limit.actor === undefined || limit.actor === null ? "" : limit.actor === me ? t("you.by") : user(limit.actor);
  const key = `because.${isOwn(limit, whose) ? "own" : limit.by}`;
  const said = rich(key, {
    actor, by: actor ? "yes" : "no", mine: me !== undefined && me === whose ? "yes" : "no",
  });
  return limit.reason ? [said, ": ", bdi(limit.reason)] : said;
}

/** In as few words as a row has room for. @param {Limit | undefined} limit @param {{me?: string, whose?: string}} [seen] */
export function inShort(limit, {me, whose} = {}) {
  if (!limit) return "";
  if (isOwn(limit, whose) && me !== whose) return t("short.own");
  if (limit.by === "restriction" && limit.actor) return rich("short.by", {actor: limit.actor === me ? t("you.by") : user(limit.actor)});
  return t(`short.${limit.by}`);
}

/** All limits in one text, for a tooltip. @param {Limit[]} limits @param {{me?: string, whose?: string}} [seen] */
export function inFull(limits, {me, whose} = {}) {
  return limits.map((limit) => {
    const actor = limit.actor ? (limit.actor === me ? t("you.by") : called(limit.actor)) : "";
    const key = `because.${isOwn(limit, whose) ? "own" : limit.by}`;
    const said = t(key, {actor, by: actor ? "yes" : "no", mine: "no"});
    return limit.reason ? `${said}: ${limit.reason}` : said;
  }).join("; ");
}

/** @param {Limit[]} limits */
export const limitLines = (limits) => limits.map((limit) => [mediaList(limit.media), ": ", because(limit)]);
