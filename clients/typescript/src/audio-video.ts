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
   * Somebody asks the person to be heard (`unmuteConsent` `required`): show it, and say whether he agrees. Undefined is
   * no answer; the request ends by itself. The signal is aborted when the request is no longer open.
   */
  onConsentRequested?: (
    request: AskedToUnmute,
    signal: AbortSignal,
  ) => boolean | undefined | Promise<boolean | undefined>;
  /** The person may be heard again, and is muted locally: offer him to unmute. */
  onMayUnmute?: () => void;
  /** He can't be heard any more, whatever the SDK believes. */
  onSilenced?: () => void;
  /** Whether a camera that was on when it was taken away goes on again; by default it does. */
  onCameraBack?: () => boolean | Promise<boolean>;
  /** An answer could not be given, or the SDK refused. Without it, such errors are dropped. */
  onError?: (error: unknown) => void;
  /** Milliseconds between stopping and starting the camera, so that the SDK negotiates twice. */
  toggleMilliseconds?: number;
}
