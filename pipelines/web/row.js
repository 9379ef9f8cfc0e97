// SPDX-License-Identifier: LGPL-2.1-or-later
// The row of one file in the list: its picture, how far it is, and its buttons.
import {clock, fill, fixed, number, percent, say, significant} from "./text.js";

// The element and a function that finds its parts. `act`: {view, remove}, called with the entry.
export function make(entry, act) {
  const row = document.getElementById("row").content.cloneNode(true).firstElementChild;
  const part = (selector) => row.querySelector(selector);
  fill(row);
  part(".view").onclick = () => act.view(entry);
  part(".drop").onclick = () => act.remove(entry);
  document.getElementById("list").append(row);
  return {row, part};
}

export function thumbnail(entry, url) {
  const image = entry.part("img");
  if (image.src || entry.clip) return;
  image.onload = () => image.hidden = false;
  image.src = url;
}

function timeLeft(seconds) {
  return seconds < 90 ? say("seconds_left", {count: number(Math.ceil(seconds))}) :
    say("minutes_left", {count: number(Math.round(seconds / 60))});
}

// Activity of a running job, such as "denoising 40 %, 3 s left".
function describeRunning(state) {
  const words = [state.part ? `${say(state.phase)} ${percent(state.part)}` : say(state.phase)];
  if (state.loss !== undefined) words.push(say("loss", {loss: significant(state.loss, 3)}));
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
export function drawCurve(entry) {
  const logs = entry.curve.map(([, loss]) => Math.log(loss));
  const [least, most] = [Math.min(...logs), Math.max(...logs)];
  const points = entry.curve.map(([part], i) =>
    `${100 * part},${28 - 26 * (logs[i] - least) / (most - least || 1)}`);
  entry.part(".curve").toggleAttribute("hidden", points.length < 2);
  entry.part("polyline").setAttribute("points", points.join(" "));
}

export function show(entry) {
  const {part, phase, state} = entry;
  const unused = Object.entries(state?.without_effect || {});
  const done = phase.state === "done";
  part(".name").textContent = entry.name;
  part(".state").textContent = describe(entry);
  entry.row.classList.toggle("clip", entry.clip);
  entry.row.classList.toggle("failed", phase.state === "failed");
  part("progress").hidden = entry.over;
  part("progress").setAttribute("aria-label", say("progress", {name: entry.name}));
  if (phase.part) part("progress").value = phase.part;
  else part("progress").removeAttribute("value");
  part(".keys").hidden = !unused.length;
  part(".keys").textContent =
    unused.map(([key, why]) => say(why.replace("-", "_"), {key})).join(" ");
  part(".why").hidden = !phase.detail;
  part(".why p").textContent = phase.detail || "";
  part(".view").hidden = part(".get").hidden = !done;
  part(".drop").dataset.text = entry.over ? "remove" : "cancel";
  fill(entry.row);
  for (const button of entry.row.querySelectorAll(".buttons > *")) {
    const action = say(button.dataset.text);
    button.setAttribute("aria-label", say("of_file", {action, name: entry.name}));
  }
  if (done) part(".get").href = `api/jobs/${entry.id}/result`;
}
