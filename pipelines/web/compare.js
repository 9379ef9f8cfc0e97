// SPDX-License-Identifier: LGPL-2.1-or-later
// Two pictures or clips on the stage, one on the left of a border and one on the right.
import {percent, say} from "./text.js";

const $ = (id) => document.getElementById(id);
const stage = $("stage");
let before = null, after = null;
let width = 1, height = 1;
let scale = 1, x = 0, y = 0; // position of the picture on the stage
let split = 0.5;
const pointers = new Map();
let grabbed = null; // "split" or "picture"
let timer = 0;

export function draw() {
  const box = stage.getBoundingClientRect();
  const place = `translate(${x}px, ${y}px) scale(${scale})`;
  for (const shown of [before, after]) if (shown) shown.style.transform = place;
  for (const layer of [$("before"), $("after")]) layer.classList.toggle("coarse", scale >= 4);
  $("after").style.clipPath = `inset(0 0 0 ${split * box.width}px)`;
  $("split").style.left = `${split * 100}%`;
  $("split").setAttribute("aria-valuenow", Math.round(split * 100));
  $("split").setAttribute("aria-valuetext", say("border_at", {percent: percent(split)}));
  $("scale").textContent = percent(scale);
}

function fitScale() {
  const box = stage.getBoundingClientRect();
  return Math.min(box.width / width, box.height / height);
}

export function fit() {
  const box = stage.getBoundingClientRect();
  scale = fitScale();
  x = (box.width - width * scale) / 2;
  y = (box.height - height * scale) / 2;
  draw();
}

// Keeps part of the picture visible.
function clampPosition() {
  const box = stage.getBoundingClientRect();
  const margin = 60;
  x = Math.min(box.width - margin, Math.max(margin - width * scale, x));
  y = Math.min(box.height - margin, Math.max(margin - height * scale, y));
}

export function zoom(factor, at) {
  const box = stage.getBoundingClientRect();
  const [px, py] = at || [box.width / 2, box.height / 2];
  const next = Math.min(Math.max(scale * factor, Math.min(fitScale(), 1) / 2), 32);
  x = px - (px - x) * (next / scale);
  y = py - (py - y) * (next / scale);
  scale = next;
  clampPosition();
  draw();
}

function move(dx, dy) {
  x += dx;
  y += dy;
  clampPosition();
  draw();
}

function setSplit(part) {
  split = Math.min(1, Math.max(0, part));
  draw();
}

function at(event) {
  const box = stage.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

// The border follows a pointer that grabs it, or any pointer while the whole picture is visible.
stage.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  stage.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, at(event));
  const whole = scale <= fitScale() * 1.01;
  grabbed = pointers.size === 1 && (whole || $("split").contains(event.target)) ? "split" : "picture";
  if (grabbed === "split") setSplit(at(event)[0] / stage.clientWidth);
});

stage.addEventListener("pointermove", (event) => {
  const last = pointers.get(event.pointerId);
  if (!last) return;
  const now = at(event);
  if (grabbed === "split") {
    setSplit(now[0] / stage.clientWidth);
  } else if (pointers.size === 1) {
    move(now[0] - last[0], now[1] - last[1]);
  } else {
    const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
    const spread = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]) || 1;
    zoom(spread(now) / spread(last), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
    move((now[0] - last[0]) / 2, (now[1] - last[1]) / 2);
  }
  pointers.set(event.pointerId, now);
});

for (const end of ["pointerup", "pointercancel"])
  stage.addEventListener(end, (event) => {
    pointers.delete(event.pointerId);
    if (!pointers.size) grabbed = null;
  });

stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), at(event));
}, {passive: false});

stage.addEventListener("dblclick", (event) => {
  if (scale > fitScale() * 1.01) fit();
  else zoom(Math.max(1, fitScale() * 3) / scale, at(event));
});

stage.addEventListener("keydown", (event) => {
  const onSplit = event.target === $("split");
  const step = event.shiftKey ? 0.1 : 0.01;
  const keys = {
    "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), "0": fit, " ": toggle,
    ArrowLeft: () => onSplit ? setSplit(split - step) : move(40, 0),
    ArrowRight: () => onSplit ? setSplit(split + step) : move(-40, 0),
    ArrowUp: () => onSplit ? setSplit(split + step) : move(0, 40),
    ArrowDown: () => onSplit ? setSplit(split - step) : move(0, -40),
    PageUp: () => setSplit(split + 0.1), PageDown: () => setSplit(split - 0.1),
    Home: () => setSplit(0), End: () => setSplit(1),
  };
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

new ResizeObserver(() => before && fit()).observe(stage);

// --- pictures and clips ---

async function load(clip, source) {
  if (!clip) {
    const image = new Image();
    image.src = source;
    image.alt = "";
    image.draggable = false;
    await image.decode();
    return image;
  }
  const video = document.createElement("video");
  Object.assign(video, {src: source, muted: true, loop: true, playsInline: true, preload: "auto"});
  await new Promise((resolve, reject) => {
    video.oncanplay = resolve;
    video.onerror = reject;
  });
  return video;
}

// Synchronizes the clips: the original follows the result by its playback rate, or by a seek if
// it is far off.
function follow() {
  const away = after.currentTime - before.currentTime;
  if (Math.abs(away) < 0.5) before.playbackRate = 1 + Math.max(-0.3, Math.min(0.3, 2 * away));
  else if (!before.seeking) before.currentTime = after.currentTime;
  timer = requestAnimationFrame(follow);
}

function showPlay() {
  const key = after?.paused ? "play" : "pause";
  $("play").dataset.text = key;
  $("play").textContent = say(key);
}

export function toggle() {
  if (!after || after.paused === undefined) return;
  const playing = !after.paused;
  for (const video of [after, before]) playing ? video.pause() : video.play();
  if (playing) before.currentTime = after.currentTime;
  showPlay();
}

function setSize(shown) {
  shown.style.width = `${width}px`;
  shown.style.height = `${height}px`;
}

// Shows another result on the right.
export async function replace(clip, source) {
  const [pair, last] = [before, after];
  const next = await load(clip, source);
  if (before !== pair) return;
  setSize(next);
  if (clip) next.currentTime = last.currentTime;
  if (clip && !last.paused) await next.play();
  after = next;
  $("after").replaceChildren(after);
  draw();
}

export async function open(clip, first, second) {
  clear();
  [before, after] = await Promise.all([load(clip, first), load(clip, second)]);
  width = before.videoWidth || before.naturalWidth;
  height = before.videoHeight || before.naturalHeight;
  for (const shown of [before, after]) setSize(shown);
  stage.style.setProperty("--ratio", height / width);
  $("before").replaceChildren(before);
  $("after").replaceChildren(after);
  $("play").hidden = !clip;
  split = 0.5;
  if (clip) {
    await Promise.all([after.play(), before.play()]);
    showPlay();
    follow();
  }
}

export function clear() {
  cancelAnimationFrame(timer);
  $("before").replaceChildren();
  $("after").replaceChildren();
  before = after = null;
}
