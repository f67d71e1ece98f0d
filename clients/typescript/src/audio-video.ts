import type { Live } from "./live.js";
import type { AskedToUnmute } from "./types.js";

/** What is used of the SDK's `AudioVideoFacade`, version 3. */
export interface AudioVideo {
  realtimeMuteLocalAudio(): void;
  realtimeIsLocalAudioMuted(): boolean;
  realtimeSetCanUnmuteLocalAudio(canUnmute: boolean): void;
  startLocalVideoTile(): number;
  stopLocalVideoTile(): void;
  hasStartedLocalVideoTile(): boolean;
}

export interface BindOptions {
  /** The page's own subscription; without it one is opened, and closed with the binding. */
  live?: Live;
  /**
   * A host asks the user to unmute (`unmuteConsent` is `required`): show the request, and return whether the user
   * agrees. Undefined is no answer; the request ends by itself. The signal is aborted when the request is closed.
   */
  onConsentRequested?: (
    request: AskedToUnmute,
    signal: AbortSignal,
  ) => boolean | undefined | Promise<boolean | undefined>;
  /** The user may send audio again and is muted locally: offer to unmute. */
  onMayUnmute?: () => void;
  /** The server drops the user's audio, even if the SDK believes that they are unmuted. */
  onSilenced?: () => void;
  /** Whether a camera that was on when it was taken away goes on again; by default it does. */
  onCameraBack?: () => boolean | Promise<boolean>;
  /** An answer could not be given, or the SDK refused. Without it, such errors are dropped. */
  onError?: (error: unknown) => void;
  /** Milliseconds between stopping and starting the camera, so that the SDK negotiates twice. */
  toggleMilliseconds?: number;
}
