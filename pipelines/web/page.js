// SPDX-License-Identifier: LGPL-2.1-or-later
// The web page: files are chosen here, and given to the list.
"use strict";

import * as list from "./list.js";
import * as result from "./result.js";
import * as text from "./text.js";

const $ = (id) => document.getElementById(id);
let limits = null; // of uploads, and the configuration of jobs

// --- choosing files ---

// The profile, and the keys that are set.
function keys() {
  const set = [...$("keys").elements].filter((input) => input.value !== "");
  const pairs = set.map((input) => [input.name, input.value]);
  return {profile: $("profile").value, ...Object.fromEntries(pairs)};
}

function choose(files, more = {}) {
  if ($("keys").reportValidity()) list.upload(files, {...keys(), ...more});
  else $("experiment").open = true;
}

// The sample is a clean picture, which gets noise.
async function sample() {
  const answer = await fetch("sample.png");
  const file = new File([await answer.blob()], "sample.png", {type: "image/png"});
  choose([file], {degree: keys().degree || limits?.config.degree || 0.1});
}

function showLimits() {
  if (!limits) return;
  const pixels = limits.max_pixels / 1e6;
  $("file").accept = limits.types.join();
  $("limits").textContent = text.say("types", {
    bytes: text.bytes(limits.max_bytes),
    clip_bytes: text.bytes(limits.max_clip_bytes),
    pixels: text.number(pixels, {maximumFractionDigits: 1}),
    wan: text.whole(100 * pixels),
    seconds: text.number(limits.max_clip_seconds),
  });
  for (const input of $("keys").elements)
    if (input.name in limits.config && input.name !== "degree") input.placeholder = limits.config[input.name];
}

// --- events ---

$("open").onclick = () => $("file").click();
$("file").onchange = () => {
  choose([...$("file").files]);
  $("file").value = "";
};
$("sample").onclick = () => sample().catch(() => $("limits").textContent = text.say("unreachable"));
$("keys").onsubmit = (event) => event.preventDefault();

addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  choose([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) choose([...event.clipboardData.files]);
});
addEventListener("languagechosen", showLimits);

// --- start ---

text.begin($("language"));
result.start();
limits = await fetch("api/limits").then((answer) => answer.json()).catch(() => null);
showLimits();
list.begin(limits, {
  view: result.open,
  removed: result.close,
  empty: (empty) => {
    $("files").hidden = empty;
    $("choose").classList.toggle("more", !empty);
  },
});
list.start();
