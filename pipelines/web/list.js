// SPDX-License-Identifier: LGPL-2.1-or-later
// The list of files: their uploads, and their jobs on the server.
import {drawCurve, make, show, thumbnail} from "./row.js";
import {bytes, has, number, say} from "./text.js";

const POLL = 2000; // ms between requests for jobs whose events are not followed

const entries = []; // in the order of the list
let limits = null;
let events = null; // of the first job that is not over: browsers limit the number of connections
let sending = null; // the entry that is being uploaded
const when = {}; // {view, removed, empty}: called with an entry, or with whether the list is empty

export function begin(found, handlers) {
  limits = found;
  Object.assign(when, handlers);
}

const isClip = (file) => file.type.startsWith("video/") || /\.(mp4|m4v|mov|webm)$/i.test(file.name);

// --- entries ---

function add(values) {
  const entry = {id: null, file: null, name: "", clip: false, state: null,
    phase: {state: "pending"}, curve: [], over: false, ...values};
  Object.assign(entry, make(entry, {view: when.view, remove}));
  entries.push(entry);
  when.empty(false);
  return entry;
}

function announce(key, entry) {
  document.getElementById("said").textContent = say(key, {name: entry.name});
}

function remember() {
  const ids = entries.filter((entry) => entry.id).map((entry) => entry.id);
  history.replaceState(null, "", ids.length ? `#${ids.join()}` : location.pathname);
}

function remove(entry) {
  entries.splice(entries.indexOf(entry), 1);
  entry.over = true;
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

// Ends an entry with the text of a fault and, as a detail, the words of the server.
function fail(entry, key, values = {}, detail = "") {
  if (entry.over) return;
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
    const sizes = {size: bytes(file.size), limit: bytes(most || 0)};
    if (!file.size) fail(entry, "empty");
    else if (most && file.size > most) fail(entry, clip ? "clip_bytes" : "picture_bytes", sizes);
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
  request.setRequestHeader("Content-Type",
    /^(image|video)\//.test(file.type) ? file.type : "application/octet-stream");
  request.upload.onprogress = (event) => shown(event.loaded / event.total);
  request.onerror = () => file.slice(0, 1).arrayBuffer().then(
    () => fail(entry, "unreachable"), () => fail(entry, "unreadable"));
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
  learned(entry, state);
  if (state.state === "failed") {
    const minutes = number(Math.round((limits?.seconds || 600) / 60));
    fail(entry, state.reason, {minutes}, state.error);
  } else if (state.state === "done") {
    entry.over = true;
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
