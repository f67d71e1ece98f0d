/**
 * Everything that the pages say, in the language of the browser: ICU messages from `messages/`, plurals, times and lists
 * by `Intl`. Names and reasons are isolated, so that a right-to-left name leaves the sentence around it in order.
 */

import {html} from "./vendor/lit-html/lit-html.js";
import {spoken} from "./languages.js";
import {IntlMessageFormat} from "./vendor/intl-messageformat/intl-messageformat.js";

export const MEDIA = /** @type {const} */ (["audio", "video", "content"]);

/** @typedef {"audio" | "video" | "content"} Medium @typedef {Record<string, unknown>} Values */

/** @type {Record<string, string>} */
let messages = {};
let locale = "en";
/** @type {Map<string, IntlMessageFormat>} */
const formats = new Map();
/** Sentences without values. @type {Map<string, string>} */
const texts = new Map();
/** What `Intl` makes is costly, and the same for every row and every draw of one language. */
let intl = intlOf(locale);

/** Says from now on what the messages of the browser's language say. */
export async function speak() {
  const found = await spoken();
  ({messages, locale} = found);
  formats.clear();
  texts.clear();
  intl = intlOf(locale);
  document.documentElement.lang = found.language;
}

/** Made when it is needed. @param {string} locale */
function intlOf(locale) {
  /** @type {Map<string, Intl.NumberFormat>} */
  const units = new Map();
  const unit = (/** @type {string} */ unit, /** @type {"long" | "short"} */ unitDisplay) => {
    const key = `${unit} ${unitDisplay}`;
    const made = units.get(key) ?? new Intl.NumberFormat(locale, {style: "unit", unit, unitDisplay});
    units.set(key, made);
    return made;
  };
  return {
    names: once(() => new Intl.Collator(locale, {numeric: true})), lists: once(() => new Intl.ListFormat(locale)), numbers: once(() => new Intl.NumberFormat(locale)),
    medium: once(() => new Intl.DateTimeFormat(locale, {timeStyle: "medium"})), short: once(() => new Intl.DateTimeFormat(locale, {timeStyle: "short"})), unit,
  };
}

/** @template T @param {() => T} make @returns {() => T} */
function once(make) {
  /** @type {T | undefined} */
  let made;
  return () => (made ??= make());
}

/** A sentence as text. @param {string} key @param {Values} [values] */
export function t(key, values) {
  if (values) return textOf(key, values);
  const known = texts.get(key);
  if (known !== undefined) return known;
  const made = textOf(key);
  texts.set(key, made);
  return made;
}

/** @param {string} key @param {Values} [values] */
function textOf(key, values) {
  const said = formatOf(key).format(/** @type {any} */ (values));
  return Array.isArray(said) ? said.join("") : String(said);
}

/** A sentence whose values may be markup, as lit draws it. @param {string} key @param {Values} values */
export function rich(key, values) {
  return /** @type {any} */ (formatOf(key).format(/** @type {any} */ (values)));
}

/** @param {string} key */
export const isSaid = (key) => key in messages;

/** The message for one of several words, or the word itself where a newer server uses one that is not known here.
 * @param {string} family @param {string} word */
export const word = (family, word) => (isSaid(`${family}.${word}`) ? t(`${family}.${word}`) : word);

/** @param {string} key */
function formatOf(key) {
  const known = formats.get(key);
  if (known) return known;
  const made = new IntlMessageFormat(messages[key] ?? key, locale);
  formats.set(key, made);
  return made;
}

/** What people typed: its direction is its own. @param {string | null | undefined} text */
export const bdi = (text) => html`<bdi>${text}</bdi>`;

/** The role's or mode's label: the API's, else this page's, else its id.
 * @param {"role" | "mode"} family @param {string | null | undefined} id @param {{id: string, label: string}[] | null} [listed] */
export function labelOf(family, id, listed) {
  if (!id) return t(`${family}.none`);
  if (isSaid(`${family}.${id}`)) return t(`${family}.${id}`);
  return listed?.find((each) => each.id === id)?.label ?? id;
}

/** @param {string[]} media */
export function mediaList(media) {
  return list(media.map((medium) => word("medium", medium)));
}

/** @param {string[]} texts */
export const list = (texts) => intl.lists().format(texts);

/** The same of what may be markup: the pieces of the list. @template T @param {T[]} items @returns {(T | string)[]} */
export const listOf = (items) => intl.lists().formatToParts(items.map((_, index) => String(index))).map(({type, value}) => (type === "element" ? items[Number(value)] : value));

/** `4:31`, `1:02:07`. @param {number} milliseconds */
export function clock(milliseconds) {
  const seconds = Math.max(Math.ceil(milliseconds / 1000), 0);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:${two(Math.floor(seconds / 60) % 60)}` : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** @param {string | number} time @param {"medium" | "short"} [timeStyle] with seconds, or without */
export function timeOfDay(time, timeStyle = "medium") {
  return intl[timeStyle]().format(new Date(time));
}

/** `5 minutes`. @param {number} seconds @param {"long" | "short"} [unitDisplay] `5 min` */
export function duration(seconds, unitDisplay = "long") {
  const [unit, size] = seconds % 3600 === 0 ? ["hour", 3600] : seconds % 60 === 0 ? ["minute", 60] : ["second", 1];
  return intl.unit(String(unit), unitDisplay).format(seconds / Number(size));
}

/** @param {number} count */
export const number = (count) => intl.numbers().format(count);

/** For sorting names as the reader's language does. @param {string} a @param {string} b */
export const compared = (a, b) => intl.names().compare(a, b);

/**
 * Sorts, and keeps the order until a text is another one: comparing names as a language does is costly.
 * @template T @param {(item: T) => string} textOf all that the order depends on @param {(a: T, b: T) => number} compare
 * @returns {(items: T[]) => T[]}
 */
export function sorting(textOf, compare) {
  /** @type {{texts: string, order: number[]}} */
  let last = {texts: "", order: []};
  return (items) => {
    const texts = items.map(textOf).join("\n");
    if (texts !== last.texts) last = {texts, order: [...items.keys()].sort((a, b) => compare(items[a], items[b]))};
    return last.order.map((index) => items[index]);
  };
}
