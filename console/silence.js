/** What a mode would do to people, asked of the server before it is done. */

import {allows} from "./capabilities.js";

/** Whether anyone who may speak now may not in that mode; false if it can't be told. @param {import("./session.js").Session} session @param {string} mode */
export async function silencesAnyone(session, mode) {
  const {store, meeting} = session;
  try {
    const answer = await meeting.setMode(mode, {dryRun: true});
    return answer.outcomes.some(({externalUserId, outcome, capabilities}) => {
      const now = store.person(externalUserId)?.shown.capabilities.audio;
      return outcome !== "spared" && capabilities && now !== undefined && allows(now, "Send") && !allows(capabilities.audio, "Send");
    });
  } catch {
    return false;
  }
}
