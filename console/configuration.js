/**
 * The page's settings, from `config.json` beside it.
 * @typedef {object} Configuration
 * @property {string} apiUrl
 * @property {string} [tokenUrl]    where anybody gets anybody's token: the local stack's issuer
 * @property {string[]} [people]    the users to offer there
 * @property {string} [meetingId]   the meeting to offer
 * @property {{domain: string, clientId: string}} [hostedSignIn]  Cognito's pages
 */

/** @type {Promise<Configuration> | undefined} */
let asked;

/** Asked for once. */
export const configuration = () => (asked ??= read());

/** @returns {Promise<Configuration>} */
async function read() {
  const answer = await fetch("config.json", {cache: "no-store"});
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return answer.json();
}
