/**
 * What the page is told by whoever serves it, as `config.json` beside it.
 * @typedef {object} Configuration
 * @property {string} apiUrl
 * @property {string} [tokenUrl]    where anybody gets anybody's token: the local stack's issuer
 * @property {string[]} [people]    whom to offer there
 * @property {string} [meetingId]   the meeting to offer
 * @property {{domain: string, clientId: string}} [hostedSignIn]  Cognito's pages
 */

/** @returns {Promise<Configuration>} */
export async function configuration() {
  const answer = await fetch("config.json", {cache: "no-store"});
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return answer.json();
}
