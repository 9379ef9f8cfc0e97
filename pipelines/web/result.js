// SPDX-License-Identifier: LGPL-2.1-or-later
// The result of one file: comparison with the original, facts, strength, download.
import * as compare from "./compare.js";
import {clock, fixed, number, percent, say} from "./text.js";

const $ = (id) => document.getElementById(id);
let entry = null; // the one that is shown
let local = null; // URL of the file
let ready = false; // the server has rendered the result at this strength
let shown = 1; // strength of the result on the stage, 1 or more
let replacing = false; // by one of another strength

const at = () => `api/jobs/${entry.id}`;

export function close(only = entry) {
  if (only !== entry || !entry) return;
  entry = null;
  compare.clear();
  if (local) URL.revokeObjectURL(local);
  local = null;
  $("result").hidden = true;
}

// The local file if it is the original and the browser can show it, else the server's view.
function original({file, state}) {
  const viewable = /^image\/(png|jpeg|webp)$/.test(state.type) && !state.config.degree;
  if (!file || !viewable) return `${at()}/original?view=1`;
  return local = URL.createObjectURL(file);
}

export async function open(chosen) {
  close();
  entry = chosen;
  $("result").hidden = false;
  $("strength").value = 100;
  shown = 1;
  showTexts();
  try {
    await compare.open(entry.clip, original(entry), `${at()}/result?view=1`);
    if (entry !== chosen) return;
    compare.fit();
    $("split").focus({preventScroll: true});
    $("result").scrollIntoView({block: "nearest"});
  } catch {
    if (entry === chosen) $("note").textContent = say("not_shown");
  }
}

function showFacts({seconds, expires, result}) {
  const facts = [];
  if (result.psnr_after !== undefined) {
    const [before, after] = [fixed(result.psnr_before, 2), fixed(result.psnr_after, 2)];
    facts.push(["psnr", say("from_to", {before, after})]);
  }
  facts.push(["size", `${result.width} × ${result.height}`]);
  if (result.frames) facts.push(["frames", number(result.frames)]);
  if (result.sigma !== undefined)
    facts.push(["noise", say("of_255", {sigma: fixed(result.sigma, 1)})]);
  facts.push(["duration", say("seconds", {count: fixed(seconds, 1)})], ["deleted", clock(expires)]);
  $("facts").replaceChildren(...facts.map(([key, value]) => {
    const row = document.createElement("div");
    row.appendChild(document.createElement("dt")).textContent = say(key);
    row.appendChild(document.createElement("dd")).textContent = value;
    return row;
  }));
}

function showTexts() {
  if (!entry) return;
  const {name, type} = entry.state.result;
  $("name").textContent = entry.name;
  $("share").hidden = !navigator.canShare?.({files: [new File([], name, {type})]});
  showFacts(entry.state);
  showStrength();
  compare.draw();
}

const strength = () => Number($("strength").value) / 100;

// Up to 1, the strength is the weight of the result.
function showStrength() {
  const part = strength();
  $("percent").textContent = percent(part);
  $("after").style.opacity = Math.min(part, 1);
  $("note").textContent = "";
  ready = part === 1;
  $("download").href = `${at()}/result?strength=${part}`;
}

// Beyond 1 the server filters again. One request runs at a time; the last strength wins.
async function showStronger() {
  if (replacing) return;
  replacing = true;
  for (let wanted; entry && (wanted = Math.max(strength(), 1)) !== shown;) {
    const chosen = entry;
    const source = `${at()}/result?${wanted > 1 ? `strength=${wanted}` : "view=1"}`;
    if (wanted > 1) $("note").textContent = say("strength_wait");
    const done = await compare.replace(entry.clip, source).then(() => true, () => false);
    if (entry !== chosen) continue;
    $("note").textContent = done ? "" : say("strength_unseen");
    if (!done) break;
    shown = wanted;
    ready = wanted === strength();
  }
  replacing = false;
}

// The link starts the download. Rendering at another strength takes time and may fail, so the first
// byte is requested beforehand. If that takes too long, the browser requires another click.
async function download(event) {
  if (ready) return;
  event.preventDefault();
  const href = $("download").href;
  $("note").textContent = say("preparing");
  const answer = await fetch(href, {headers: {Range: "bytes=0-0"}}).catch(() => null);
  if (!entry || href !== $("download").href) return;
  ready = Boolean(answer?.ok);
  const prompt = navigator.userActivation ? navigator.userActivation.isActive : true;
  $("note").textContent = !ready ? say("download_failed") : prompt ? "" : say("ready");
  if (ready && prompt) $("download").click();
}

async function share() {
  const {name, type} = entry.state.result;
  try {
    const answer = await fetch($("download").href);
    if (!answer.ok) throw new Error(answer.status);
    await navigator.share({files: [new File([await answer.blob()], name, {type})]});
  } catch (error) {
    if (error.name !== "AbortError") $("note").textContent = say("download_failed");
  }
}

export function start() {
  $("in").onclick = () => compare.zoom(1.5);
  $("out").onclick = () => compare.zoom(1 / 1.5);
  $("fit").onclick = () => compare.fit();
  $("play").onclick = () => compare.toggle();
  $("close").onclick = () => close();
  $("strength").oninput = showStrength;
  $("strength").onchange = showStronger;
  $("download").onclick = download;
  $("share").onclick = share;
  addEventListener("languagechosen", showTexts);
}
