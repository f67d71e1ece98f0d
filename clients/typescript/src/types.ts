/** The names of the API's documents, from the generated schema. */
import type { components } from "./schema.js";

type Schemas = components["schemas"];

export type Attendee = Schemas["Attendee"];
export type AskedToUnmute = Schemas["AskedToUnmute"];
export type Banned = Schemas["Banned"];
export type Capabilities = Schemas["Capabilities"];
export type Change = Schemas["Change"];
export type ChangeAnswer = Schemas["ChangeAnswer"];
export type Effect = ChangeAnswer["effects"][number];
export type Entry = Schemas["Entry"];
export type Hand = Schemas["Hand"];
export type Limit = Schemas["Limit"];
export type Me = Schemas["Me"];
export type MeetingChangeAnswer = Schemas["MeetingChangeAnswer"];
/** What `GET /meetings/{m}` shows; `Meeting` is the class. */
export type MeetingShown = Schemas["Meeting"];
export type Medium = "audio" | "video" | "content";
export type Registration = Schemas["Registration"];
export type SelectionAnswer = Schemas["SelectionAnswer"];
export type SelectedOutcome = Schemas["SelectedOutcome"];
export type Settings = Omit<Schemas["MeetingPatch"], "mode" | "frozen" | "reason">;
export type Ticket = Schemas["Live"];
export type UndoAnswer = Schemas["UndoAnswer"];
export type Waiting = Schemas["Waiting"];
export type Admission = Schemas["AdmissionShown"];
export type ToAdmit = Schemas["Admitted"];
export type MuteAll = Schemas["MuteAll"];

/** A user, named by their ExternalUserId: also before they join, and with all their attendees. */
export interface UserRef {
  user: string;
}

/** A text is an AttendeeId, `{user: "bob"}` is a user. */
export type Who = string | UserRef;
