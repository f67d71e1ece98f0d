import type { Limit, Medium } from "../types.js";

/** What the components say. Pass your own for another language: `<Roster labels={{ mute: (user) => … }} />`. */
export const LABELS = {
  waiting: "You are in the lobby. A host will let you in soon.",
  stale: "No connection. What you see may have changed.",
  ended: "The meeting is over.",
  frozen: "The meeting is frozen: nobody gets more than they have.",
  floor: "You have the floor.",
  blocked: (medium: Medium, because: string) => `Your ${MEDIA[medium]} is blocked: ${because}.`,
  because,
  closed: (code: string) => CLOSED[code] ?? "The connection to the moderation has ended.",
  asksToUnmute: (actor: string) => `${actor} asks you to unmute`,
  asksToUnmuteDetail: "Nobody hears you until you agree and open your microphone.",
  seconds: (count: number) => `${count} s`,
  unmute: "Unmute me",
  stayMuted: "Stay muted",
  failed: "That did not work. Try again.",
  roster: "People",
  allowed: "allowed",
  isBlocked: "blocked",
  hand: (place: number) => `hand up, place ${place}`,
  medium: (medium: Medium) => MEDIA[medium],
  mute: (user: string) => `Mute ${user}`,
  unmuteUser: (user: string) => `Unmute ${user}`,
};

export type Labels = typeof LABELS;

const MEDIA: Record<Medium, string> = { audio: "microphone", video: "camera", content: "screen share" };

const CLOSED: Record<string, string> = {
  banned: "You are banned from this meeting.",
  "not-permitted": "You have no role in this meeting.",
  "turned-away": "The host did not let you in.",
  "lobby-off": "The lobby was closed. Enter again.",
  "too-many-connections": "You have this meeting open on too many pages.",
  unauthorized: "Your sign-in has ended.",
  "meeting-not-found": "There is no such meeting.",
};

function because({ by, actor, reason, liftableBy }: Limit): string {
  const why = reason ? `: ${reason}` : "";
  switch (by) {
    case "restriction":
      return (liftableBy === "self" ? "your own mute" : `by ${actor ?? "a host"}`) + why;
    case "mute-all":
      return `everybody is muted${actor ? ` by ${actor}` : ""}${why}`;
    case "hold":
      return `you are on hold${why}`;
    case "policy":
      return "not for your role in this mode";
    case "consent":
      return "waiting for your consent";
    case "freeze":
      return "the meeting is frozen";
    default:
      return "not allowed here";
  }
}
