import { memo, useId, useMemo, type ReactNode } from "react";

import { nameOf } from "../names.js";
import { sends } from "../sending.js";
import type { Attendee, Limit, Medium } from "../types.js";
import {
  useAttendee,
  useCommand,
  useConsentRequest,
  useKnown,
  useMe,
  useMeeting,
  useNames,
  useRemaining,
} from "./hooks.js";
import { LABELS, type Labels } from "./labels.js";
import { useShared } from "./provider.js";

export interface Labelled {
  /** Instead of the English ones. */
  labels?: Partial<Labels>;
  className?: string;
}

const MEDIA: readonly Medium[] = ["audio", "video", "content"];

/** What a user must know of their moderation: lost connection, lobby, freeze, floor, and which actor blocks them. */
export function ModerationBanner({ labels, className = "gavel-banner" }: Labelled) {
  const said = { ...LABELS, ...labels };
  const { state, shown, closed } = useMeeting();
  const { attendee } = useMe();
  const called = useNames();
  const lines: string[] = [];
  if (closed && closed.code !== "stopped") lines.push(said.closed(closed.code));
  else if (shown?.endedAt) lines.push(said.ended);
  else if (state.complete && !state.connected) lines.push(said.stale);
  if (!closed && state.lobby === "waiting") lines.push(said.waiting);
  if (shown?.frozen && !shown.endedAt) lines.push(said.frozen);
  if (attendee?.floor) lines.push(said.floor);
  for (const medium of attendee ? MEDIA : []) {
    const limit = attendee?.limits?.find(({ media, withholds }) => withholds === "send" && media.includes(medium));
    if (attendee && limit && !sends(attendee.capabilities, medium))
      lines.push(said.blocked(medium, said.because(byName(limit, called))));
  }
  return (
    <div className={className} role="status" hidden={lines.length === 0}>
      {lines.map((line) => (
        <p key={line} dir="auto">
          {line}
        </p>
      ))}
    </div>
  );
}

/** Asks the user whether they agree to be heard; renders nothing while nobody asks. */
export function ConsentDialog({ labels, className = "gavel-consent" }: Labelled) {
  const said = { ...LABELS, ...labels };
  const id = useId();
  const { request, remainingSeconds, accept, decline, isAnswering, error } = useConsentRequest();
  const called = useNames();
  if (!request) return null;
  return (
    <div className={className} role="alertdialog" aria-labelledby={`${id}-title`} aria-describedby={`${id}-detail`}>
      <h2 id={`${id}-title`} dir="auto">
        {said.asksToUnmute(called(request.actor))}
      </h2>
      <p id={`${id}-detail`}>
        {said.asksToUnmuteDetail} {remainingSeconds === null ? null : <span>{said.seconds(remainingSeconds)}</span>}
      </p>
      {error ? <p role="alert">{said.failed}</p> : null}
      <button type="button" disabled={isAnswering} onClick={() => void accept()}>
        {said.unmute}
      </button>
      <button type="button" disabled={isAnswering} onClick={() => void decline()}>
        {said.stayMuted}
      </button>
    </div>
  );
}

export interface RosterProps extends Labelled {
  /** Instead of the display name, or of the ExternalUserId where there is none. */
  renderName?: (attendee: Attendee) => ReactNode;
  /** Beside what the component offers by itself. */
  renderActions?: (attendee: Attendee) => ReactNode;
}

/**
 * Everybody in the meeting: what they may send, their place in the queue, and a mute for those who may mute. A change of
 * one user renders their line again, and no other.
 */
export function Roster({ labels, className = "gavel-roster", renderName, renderActions }: RosterProps) {
  const said = useMemo(() => ({ ...LABELS, ...labels }), [labels]);
  const ids = useKnown(({ state }) => onePerUser(state.attendees));
  const isStale = useKnown(({ state }) => state.complete && !state.connected);
  return (
    <ul className={className} aria-label={said.roster} data-stale={isStale}>
      {ids
        .split(" ")
        .filter(Boolean)
        .map((attendeeId) => (
          <RosterRow key={attendeeId} {...{ attendeeId, said, renderName, renderActions }} />
        ))}
    </ul>
  );
}

interface RosterRowProps extends Pick<RosterProps, "renderName" | "renderActions"> {
  attendeeId: string;
  said: Labels;
}

const RosterRow = memo(function RosterRow({ attendeeId, said, renderName, renderActions }: RosterRowProps) {
  const attendee = useAttendee(attendeeId);
  const user = attendee?.externalUserId;
  const place = useKnown(({ state }) => state.hands.findIndex(({ externalUserId }) => externalUserId === user)) + 1;
  const remaining = useRemaining(attendee?.floor);
  if (!attendee) return null;
  return (
    <li data-user={user}>
      <bdi title={user}>{renderName ? renderName(attendee) : nameOf(attendee)}</bdi>
      {place ? <span className="gavel-hand">{said.hand(place)}</span> : null}
      {remaining === null ? null : <span className="gavel-floor">{said.seconds(remaining)}</span>}
      {MEDIA.map((medium) => (
        <span
          key={medium}
          className="gavel-medium"
          data-medium={medium}
          data-allowed={sends(attendee.capabilities, medium)}
        >
          {said.medium(medium)}: {sends(attendee.capabilities, medium) ? said.allowed : said.isBlocked}
        </span>
      ))}
      <MuteButton {...{ attendee, said }} />
      {renderActions?.(attendee)}
    </li>
  );
});

function MuteButton({ attendee, said }: { attendee: Attendee; said: Labels }) {
  const { meeting } = useShared().store;
  const isAllowed = sends(attendee.capabilities, "audio");
  const mayDo = useKnown(({ state }) => state.me?.may.includes(isAllowed ? "mute" : "unmute") ?? false);
  const isOver = useKnown(({ state }) => Boolean(state.meeting?.endedAt));
  const { run, isRunning, error } = useCommand();
  if (!mayDo || isOver) return null;
  const who = { user: attendee.externalUserId };
  return (
    <>
      <button
        type="button"
        disabled={isRunning}
        onClick={() => void run(() => (isAllowed ? meeting.mute(who) : meeting.unmute(who)))}
      >
        {(isAllowed ? said.mute : said.unmuteUser)(nameOf(attendee))}
      </button>
      {error ? <span role="alert">{said.failed}</span> : null}
    </>
  );
}

const known = new WeakMap<ReadonlyMap<string, Attendee>, string>();

/** A limit as people read it: its actor by name. */
function byName(limit: Limit, called: (user: string) => string): Limit {
  return limit.actor ? { ...limit, actor: called(limit.actor) } : limit;
}

/** AttendeeIds, one for each user, in the order of the names. Rules bind the user, so several attendees are one line. */
function onePerUser(attendees: ReadonlyMap<string, Attendee>): string {
  const before = known.get(attendees);
  if (before !== undefined) return before;
  const people = new Map<string, Attendee>();
  for (const attendee of attendees.values())
    if (!people.has(attendee.externalUserId)) people.set(attendee.externalUserId, attendee);
  const sorted = [...people.values()].sort(
    (a, b) => nameOf(a).localeCompare(nameOf(b)) || a.externalUserId.localeCompare(b.externalUserId),
  );
  const ids = sorted.map(({ attendeeId }) => attendeeId).join(" ");
  known.set(attendees, ids);
  return ids;
}
