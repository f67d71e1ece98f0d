import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import type { Closed } from "../live.js";
import type { Meeting } from "../meeting.js";
import { muteForSure } from "../sending.js";
import { names } from "../names.js";
import type { LiveState } from "../state.js";
import type { AskedToUnmute, Attendee, Me, MeetingShown } from "../types.js";
import { useShared } from "./provider.js";
import type { Snapshot } from "./store.js";

/** A part of what is known. The component is rendered again if that part is another one. */
export function useKnown<T>(part: (snapshot: Snapshot) => T): T {
  const { store } = useShared();
  const read = () => part(store.read());
  return useSyncExternalStore(store.subscribe, read, read);
}

export interface UsedMeeting {
  /** Commands and reads. */
  readonly meeting: Meeting;
  /** The meeting itself; null until the first snapshot. */
  readonly shown: MeetingShown | null;
  /** Everything that is known, with `connected` and `since`: is it still so? */
  readonly state: LiveState;
  /** Why nothing comes any more; null while the subscription goes on. */
  readonly closed: Closed | null;
}

export function useMeeting(): UsedMeeting {
  const { store } = useShared();
  const { state, closed } = useKnown((snapshot) => snapshot);
  return { meeting: store.meeting, shown: state.meeting, state, closed };
}

export interface UsedMe {
  /** The caller's role and what they may do; null until the first snapshot. */
  readonly me: Me | null;
  /** The attendee of this page, if it is in the meeting. */
  readonly attendee: Attendee | null;
  /** Whether the caller may do this: `may("mute")`. */
  readonly may: (action: Me["may"][number]) => boolean;
}

export function useMe(): UsedMe {
  const { attendeeId } = useShared();
  const me = useKnown(({ state }) => state.me);
  const attendee = useAttendee(attendeeId ?? me?.attendee?.attendeeId ?? null);
  const may = useCallback((action: Me["may"][number]) => me?.may.includes(action) ?? false, [me]);
  return { me, attendee, may };
}

/** One attendee by its AttendeeId; null if it is not in the meeting. */
export function useAttendee(attendeeId: string | null): Attendee | null {
  return useKnown(({ state }) => (attendeeId === null ? null : (state.attendees.get(attendeeId) ?? null)));
}

/** What users are called: by display name, or by a shortened id. */
export function useNames(): (externalUserId: string) => string {
  const state = useKnown((snapshot) => snapshot.state);
  return useMemo(() => names(state), [state]);
}

export interface UsedConsentRequest {
  /** Somebody asks the user to unmute; null if nobody does. */
  readonly request: AskedToUnmute | null;
  /** Seconds until the request ends by itself. */
  readonly remainingSeconds: number | null;
  /** Mutes the microphone locally, then agrees: the user opens it themselves. */
  readonly accept: () => Promise<void>;
  readonly decline: () => Promise<void>;
  readonly isAnswering: boolean;
  /** Why the last answer could not be given. */
  readonly error: unknown;
}

export function useConsentRequest(): UsedConsentRequest {
  const { store, audioVideo } = useShared();
  const { attendee } = useMe();
  const request = attendee?.asked ?? null;
  const { run, isRunning, error } = useCommand();
  const answer = async (accept: boolean) => {
    if (!attendee || !request) return;
    await run(async () => {
      if (accept && audioVideo) muteForSure(audioVideo);
      await store.meeting.consent({ user: attendee.externalUserId }, request.changeId, accept);
    });
  };
  return {
    request,
    remainingSeconds: useRemaining(request),
    accept: () => answer(true),
    decline: () => answer(false),
    isAnswering: isRunning,
    error,
  };
}

/** Runs a command; says whether it is under way and why the last one failed. */
export function useCommand() {
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const mounted = useRef(false);
  useEffect(() => {
    mounted.current = true;
    return () => void (mounted.current = false);
  }, []);
  const run = useCallback(async (command: () => Promise<unknown>) => {
    setRunning(true);
    setError(null);
    try {
      await command();
    } catch (failure) {
      if (mounted.current) setError(failure);
    } finally {
      if (mounted.current) setRunning(false);
    }
  }, []);
  return { run, isRunning, error };
}

/** Counts down by this machine's clock from when the object came: the server's clock may be another one. */
export function useRemaining(timed: { remainingSeconds?: number | null } | null | undefined): number | null {
  const known = useRef<{ of: object; endsAt: number } | null>(null);
  const [, redraw] = useState(0);
  const isTimed = typeof timed?.remainingSeconds === "number";
  useEffect(() => {
    if (!isTimed) return undefined;
    const timer = setInterval(() => redraw((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, [isTimed]);
  if (!timed || typeof timed.remainingSeconds !== "number") return null;
  if (known.current?.of !== timed) known.current = { of: timed, endsAt: Date.now() + timed.remainingSeconds * 1_000 };
  return Math.max(0, Math.ceil((known.current.endsAt - Date.now()) / 1_000));
}
