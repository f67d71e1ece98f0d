/** React components and hooks, for React 18 and later. */
export { GavelProvider, type GavelProviderProps } from "./provider.js";
export {
  useAttendee,
  useConsentRequest,
  useMe,
  useMeeting,
  useNames,
  type UsedConsentRequest,
  type UsedMe,
  type UsedMeeting,
} from "./hooks.js";
export { ConsentDialog, ModerationBanner, Roster, type Labelled, type RosterProps } from "./components.js";
export { LABELS, type Labels } from "./labels.js";
export type { ChimeOptions } from "./store.js";
