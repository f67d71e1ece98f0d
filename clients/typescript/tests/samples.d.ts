/** What the documents' samples have at hand. */
declare const apiUrl: string;
declare const accessToken: () => Promise<string>;
declare const meetingId: string;
declare const attendeeId: string;
declare const gavel: import("gavel-client").Gavel;
declare const meeting: import("gavel-client").Meeting;
declare const live: import("gavel-client").Live;
declare const attendee: import("gavel-client").Attendee;
declare const session: import("amazon-chime-sdk-js").MeetingSession;
declare function show(...what: unknown[]): void;
declare function ask(question: string, signal?: AbortSignal): Promise<boolean>;
