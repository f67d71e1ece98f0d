import { createContext, useContext, useEffect, useMemo, type ReactNode } from "react";

import type { AudioVideo } from "../audio-video.js";
import type { Gavel } from "../client.js";
import type { Duration } from "../duration.js";
import { MeetingStore, type ChimeOptions } from "./store.js";

export interface GavelProviderProps {
  gavel: Gavel;
  meetingId: string;
  /** The page's own attendee. Without it, the newest attendee of the caller counts as theirs. */
  attendeeId?: string;
  /** `meetingSession.audioVideo`, as soon as it has started: the SDK is then kept in step (`bindToChime`). */
  audioVideo?: AudioVideo | null;
  /** What to do when the SDK is kept in step. Keep the object between renders. */
  chime?: ChimeOptions;
  /** How often the state is asked for while there is no WebSocket; every five seconds by default. */
  poll?: Duration;
  children?: ReactNode;
}

interface Shared {
  store: MeetingStore;
  attendeeId: string | null;
  audioVideo: AudioVideo | null;
}

const Context = createContext<Shared | null>(null);
const NO_OPTIONS: ChimeOptions = {};

/** Subscribes to one meeting for everything below it. */
export function GavelProvider(props: GavelProviderProps) {
  const { gavel, meetingId, attendeeId = null, audioVideo = null, chime = NO_OPTIONS, poll = 5, children } = props;
  const store = useMemo(() => new MeetingStore(gavel, meetingId), [gavel, meetingId]);
  useEffect(() => store.start(poll), [store, poll]);
  useEffect(() => {
    if (!audioVideo || !attendeeId) return undefined;
    const binding = store.bind(audioVideo, attendeeId, chime);
    return () => binding?.dispose();
  }, [store, poll, audioVideo, attendeeId, chime]);
  const shared = useMemo(() => ({ store, attendeeId, audioVideo }), [store, attendeeId, audioVideo]);
  return <Context.Provider value={shared}>{children}</Context.Provider>;
}

export function useShared(): Shared {
  const shared = useContext(Context);
  if (!shared) throw new Error("there is no <GavelProvider> above this component");
  return shared;
}
