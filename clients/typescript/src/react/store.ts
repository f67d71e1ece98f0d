import type { AudioVideo, BindOptions } from "../audio-video.js";
import { bindToChime, type Binding } from "../chime.js";
import type { Gavel } from "../client.js";
import type { Duration } from "../duration.js";
import type { Closed, Live } from "../live.js";
import type { Meeting } from "../meeting.js";
import { NOTHING_KNOWN, type LiveState } from "../state.js";

export interface Snapshot {
  readonly state: LiveState;
  /** Why nothing comes any more; null while the subscription goes on. */
  readonly closed: Closed | null;
}

export type ChimeOptions = Omit<BindOptions, "live" | "onConsentRequested">;

const NOTHING: Snapshot = { state: NOTHING_KNOWN, closed: null };

/** One subscription, shared by all components below a provider. It may be started and stopped any number of times. */
export class MeetingStore {
  readonly meeting: Meeting;
  #snapshot = NOTHING;
  #live: Live | null = null;
  readonly #watchers = new Set<() => void>();

  constructor(gavel: Gavel, meetingId: string) {
    this.meeting = gavel.meeting(meetingId);
  }

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  readonly read = (): Snapshot => this.#snapshot;

  /** Listens until the function that it returns is called. */
  start(poll: Duration): () => void {
    const live = this.meeting.live((state) => this.#tell({ state, closed: null }), { poll });
    this.#live = live;
    void live.closed.then((closed) => {
      if (this.#live === live) this.#tell({ state: this.#snapshot.state, closed });
    });
    return () => {
      this.#live = null;
      live.close();
    };
  }

  /** Keeps the SDK in step with the subscription that is open now. */
  bind(audioVideo: AudioVideo, attendeeId: string, options: ChimeOptions): Binding | null {
    return this.#live && bindToChime(audioVideo, this.meeting, attendeeId, { ...options, live: this.#live });
  }

  #tell(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    for (const watcher of [...this.#watchers]) watcher();
  }
}
