// SPDX-License-Identifier: LGPL-2.1-or-later
// The list of files: their uploads, their jobs on the server, and how far they are.
import {bytes, clock, fill, fixed, has, number, percent, say} from "./text.js";

const POLL = 2000; // ms between two looks at jobs whose events are not followed

const entries = []; // in the order of the list
let limits = null;
let events = null; // of the first job that is not over: browsers limit the number of connections
let sending = null; // the entry that is being uploaded
const when = {}; // {view, removed, empty}: called with an entry, or with whether the list is empty

export function begin(found, handlers) {
  limits = found;
  Object.assign(when, handlers);
}

export const isClip = (file) => file.type.startsWith("video/") || /\.(mp4|m4v|mov|webm)$/i.test(file.name);

// --- rows ---

function makeRow(entry) {
  const row = document.getElementById("row").content.cloneNode(true).firstElementChild;
  const part = (selector) => row.querySelector(selector);
  fill(row);
  part(".view").onclick = () => when.view(entry);
  part(".drop").onclick = () => remove(entry);
  document.getElementById("list").append(row);
  return {row, part};
}

function add(values) {
  const entry = {id: null, file: null, name: "", clip: false, state: null, phase: {state: "pending"},
    curve: [], over: false, ...values};
  Object.assign(entry, makeRow(entry));
  entries.push(entry);
  when.empty(false);
  return entry;
}

function thumbnail(entry, url) {
  const image = entry.part("img");
  if (image.src || entry.clip) return;
  image.onload = () => image.hidden = false;
  image.src = url;
}

function timeLeft(seconds) {
  return seconds < 90 ? say("seconds_left", {count: number(Math.ceil(seconds))}) :
    say("minutes_left", {count: number(Math.round(seconds / 60))});
}

// What a running job does, such as "denoising 40 %, 3 s left".
function describeRunning(state) {
  const words = [state.part ? `${say(state.phase)} ${percent(state.part)}` : say(state.phase)];
  if (state.loss !== undefined) words.push(say("loss", {loss: number(state.loss, {maximumSignificantDigits: 3, minimumSignificantDigits: 3})}));
  if (state.eta !== undefined) words.push(timeLeft(state.eta));
  return words.join(say("comma"));
}

function describe({state, phase}) {
  switch (phase.state) {
    case "queued":
      return phase.position ? say("ahead", {count: number(phase.position)}) : say("next");
    case "running":
      return describeRunning(phase);
    case "done":
      return say("done", {seconds: fixed(state.seconds, 1), time: clock(state.expires)});
    case "failed":
      return say(phase.key, phase.values);
    case "busy":
      return say("busy", {seconds: number(phase.seconds)});
    case "uploading":
      return say("uploading", {percent: percent(phase.part)});
    default:
      return say(phase.state);
  }
}

// Logarithm of the loss over the steps of training.
function drawCurve(entry) {
  const logs = entry.curve.map(([, loss]) => Math.log(loss));
  const [least, most] = [Math.min(...logs), Math.max(...logs)];
  const points = entry.curve.map(([part], i) =>
    `${100 * part},${28 - 26 * (logs[i] - least) / (most - least || 1)}`);
  entry.part(".curve").toggleAttribute("hidden", points.length < 2);
  entry.part("polyline").setAttribute("points", points.join(" "));
}

function show(entry) {
  const {part, phase, state} = entry;
  const unused = Object.entries(state?.without_effect || {});
  const done = phase.state === "done";
  part(".name").textContent = entry.name;
  part(".state").textContent = describe(entry);
  entry.row.classList.toggle("clip", entry.clip);
  entry.row.classList.toggle("failed", phase.state === "failed");
  part("progress").hidden = entry.over;
  part("progress").ariaLabel = say("progress", {name: entry.name});
  if (phase.part) part("progress").value = phase.part;
  else part("progress").removeAttribute("value");
  part(".keys").hidden = !unused.length;
  part(".keys").textContent = unused.map(([key, why]) => say(why.replace("-", "_"), {key})).join(" ");
  part(".why").hidden = !phase.detail;
  part(".why p").textContent = phase.detail || "";
  part(".view").hidden = part(".get").hidden = !done;
  part(".drop").dataset.text = entry.over ? "remove" : "cancel";
  fill(entry.row);
  for (const button of entry.row.querySelectorAll(".buttons > *"))
    button.ariaLabel = say("of_file", {action: button.textContent, name: entry.name});
  if (done) part(".get").href = `api/jobs/${entry.id}/result`;
}

function announce(key, entry) {
  document.getElementById("said").textContent = say(key, {name: entry.name});
}

function remember() {
  const ids = entries.filter((entry) => entry.id).map((entry) => entry.id);
  history.replaceState(null, "", ids.length ? `#${ids.join()}` : location.pathname);
}

export function remove(entry) {
  entries.splice(entries.indexOf(entry), 1);
  entry.removed = entry.over = true;
  entry.request?.abort();
  clearTimeout(entry.timer);
  const focused = entry.row.contains(document.activeElement);
  entry.row.remove();
  URL.revokeObjectURL(entry.part("img").src);
  if (focused) document.getElementById("open").focus();
  if (entry.id) fetch(`api/jobs/${entry.id}`, {method: "DELETE"}).catch(() => {});
  if (sending === entry) sending = null;
  when.removed(entry);
  when.empty(!entries.length);
  next();
}

// --- faults ---

// A text that stands for what went wrong, and the words of the server.
function fail(entry, key, values = {}, detail = "") {
  entry.over = true;
  entry.phase = {state: "failed", key, values, detail};
  if (sending === entry) sending = null;
  show(entry);
  announce("has_failed", entry);
  next();
}

function failByStatus(entry, status, detail) {
  const key = `status_${status}`;
  fail(entry, has(key) ? key : "status_other", {}, detail);
}

// --- uploads, one at a time ---

// Adds files with the keys of their jobs.
export function upload(files, keys) {
  for (const file of files) {
    const clip = isClip(file);
    const most = limits && (clip ? limits.max_clip_bytes : limits.max_bytes);
    const entry = add({file, clip, name: file.name, keys});
    if (!clip) thumbnail(entry, URL.createObjectURL(file));
    if (most && file.size > most)
      fail(entry, clip ? "clip_bytes" : "picture_bytes", {size: bytes(file.size), limit: bytes(most)});
    else show(entry);
  }
  next();
}

// Uploads the next file, and follows the first job that is not over.
function next() {
  const open = entries.find((entry) => !entry.over && entry.id);
  remember();
  if (events?.entry !== open) {
    events?.source.close();
    events = open ? {entry: open, source: follow(open)} : null;
  }
  if (sending) return;
  sending = entries.find((entry) => !entry.over && !entry.id) || null;
  if (sending) send(sending);
}

function send(entry) {
  const {file, keys} = entry;
  const request = entry.request = new XMLHttpRequest();
  const shown = (part) => {
    entry.phase = {state: "uploading", part};
    show(entry);
  };
  shown(0);
  request.open("POST", `api/jobs?${new URLSearchParams({...keys, name: file.name})}`);
  request.setRequestHeader("Content-Type", /^(image|video)\//.test(file.type) ? file.type : "application/octet-stream");
  request.upload.onprogress = (event) => shown(event.loaded / event.total);
  request.onerror = () => fail(entry, "unreachable");
  request.onload = () => {
    const answer = parse(request.responseText);
    if (request.status === 503) retry(entry, Number(request.getResponseHeader("Retry-After")) || 5);
    else if (request.status === 201) accept(entry, answer);
    else failByStatus(entry, request.status, answer.detail);
  };
  request.send(file);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

// The queue is full: tries again after the time that the server tells.
function retry(entry, seconds) {
  if (seconds <= 0) {
    send(entry);
    return;
  }
  entry.phase = {state: "busy", seconds};
  show(entry);
  entry.timer = setTimeout(retry, 1000, entry, seconds - 1);
}

function accept(entry, state) {
  entry.id = state.id;
  sending = null;
  update(entry, state);
  next();
}

// --- jobs ---

function follow(entry) {
  const source = new EventSource(`api/jobs/${entry.id}/events`);
  source.addEventListener("state", (event) => update(entry, JSON.parse(event.data)));
  source.addEventListener("gone", () => fail(entry, "status_404"));
  return source;
}

// Asks for the state of jobs whose events are not followed, or cannot be.
async function poll() {
  for (const entry of entries.filter((entry) => entry.id && !entry.over)) {
    if (events?.entry === entry && events.source.readyState !== EventSource.CLOSED) continue;
    const answer = await fetch(`api/jobs/${entry.id}`).catch(() => null);
    if (entry.over || !answer) continue;
    const state = parse(await answer.text());
    if (answer.ok) update(entry, state);
    else failByStatus(entry, answer.status, state.detail);
  }
  setTimeout(poll, POLL);
}

function learned(entry, state) {
  const last = entry.curve.at(-1);
  if (!(state.loss > 0) || (last && state.part <= last[0])) return;
  entry.curve.push([state.part, state.loss]);
  drawCurve(entry);
}

function update(entry, state) {
  if (entry.over) return;
  entry.state = state;
  entry.name = state.name || entry.name || state.id.slice(0, 8);
  entry.clip = state.kind === "clip";
  entry.phase = state;
  entry.over = state.state === "done" || state.state === "failed";
  learned(entry, state);
  if (state.state === "failed") {
    fail(entry, state.reason, {minutes: number(Math.round((limits?.seconds || 600) / 60))}, state.error);
  } else if (state.state === "done") {
    thumbnail(entry, `api/jobs/${entry.id}/result?view=1`);
    show(entry);
    announce("is_done", entry);
    next();
    if (entries.length === 1) when.view(entry);
  } else {
    show(entry);
  }
}

// Jobs that the address names.
function restore() {
  for (const id of location.hash.slice(1).split(",").filter((id) => /^[0-9a-f]{32}$/.test(id)))
    show(add({id, name: id.slice(0, 8), phase: {state: "sent"}}));
  next();
}

export function start() {
  restore();
  poll();
  addEventListener("languagechosen", () => entries.forEach(show));
}
