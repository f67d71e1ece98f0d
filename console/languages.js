/** The languages of the page, and the messages of the one that the browser wants. */

export const LANGUAGES = ["en", "de", "es", "ja"];

/** @typedef {{language: string, locale: string, messages: Record<string, string>}} Spoken
 * `locale` has the region, if the browser has one for the language: it decides how times are written */

/** The first of the browser's languages that there are messages for. @param {readonly string[]} wanted */
export function languageOf(wanted) {
  return wanted.map(baseOf).find((language) => LANGUAGES.includes(language)) ?? "en";
}

/** @type {Promise<Spoken> | undefined} */
let asked;

/** Asked for once. */
export const spoken = () => (asked ??= read(navigator.languages));

/** @param {readonly string[]} wanted @returns {Promise<Spoken>} */
async function read(wanted) {
  const language = languageOf(wanted);
  const answer = await fetch(`messages/${language}.json`);
  if (!answer.ok) throw new Error(`messages/${language}.json: ${answer.status}`);
  return {language, locale: wanted.find((tag) => baseOf(tag) === language) ?? language, messages: await answer.json()};
}

/** @param {string} tag */
const baseOf = (tag) => tag.toLowerCase().split("-")[0];
