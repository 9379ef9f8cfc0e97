// SPDX-License-Identifier: LGPL-2.1-or-later
// The language of the page.
import de from "./de.js";
import en from "./en.js";
import zh from "./zh.js";

export const languages = {en, de, zh};
const tags = {en: "en", de: "de", zh: "zh-Hans"}; // of HTML

let language = "en";
let region = "en"; // the language as spoken in the browser's region, for numbers and times

// The text of that key with its values.
export function say(key, values = {}) {
  return languages[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const has = (key) => key in languages[language];

export const number = (value, options) => new Intl.NumberFormat(region, options).format(value);

export const fixed = (value, digits) =>
  number(value, {minimumFractionDigits: digits, maximumFractionDigits: digits});

export const significant = (value, digits) =>
  number(value, {minimumSignificantDigits: digits, maximumSignificantDigits: digits});

export const whole = (value) => number(value, {useGrouping: false, maximumFractionDigits: 0});

export const percent = (part) => say("percent", {count: Math.round(100 * part)});

export const clock = (date) =>
  new Date(date).toLocaleTimeString(region, {hour: "2-digit", minute: "2-digit"});

export function bytes(count) {
  const mebibytes = count / 1048576;
  return mebibytes < 0.1 ? `${number(Math.ceil(count / 1024))} KiB` :
    `${number(mebibytes, {maximumFractionDigits: 1})} MiB`;
}

// Fills the elements that name a text (data-text), or a text as their label (data-label).
export function fill(root) {
  for (const element of root.querySelectorAll("[data-text]"))
    element.textContent = say(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", say(element.dataset.label));
}

function use(code) {
  language = code;
  region = navigator.languages.find((tag) => tag.slice(0, 2) === code) || tags[code];
  document.documentElement.lang = tags[code];
  fill(document);
  dispatchEvent(new Event("languagechosen"));
}

// The language chosen before, or the first one of the browser's that there is.
function preferred() {
  const wanted = [localStorage.getItem("language"), ...navigator.languages];
  return wanted.map((tag) => tag?.slice(0, 2)).find((code) => code in languages) || "en";
}

export function begin(select) {
  use(preferred());
  select.value = language;
  select.onchange = () => {
    localStorage.setItem("language", select.value);
    use(select.value);
  };
}
