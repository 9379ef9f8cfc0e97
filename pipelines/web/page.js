// SPDX-License-Identifier: LGPL-2.1-or-later
// The web page: uploads a file, follows its job and compares the result with the original.
"use strict";

const $ = (id) => document.getElementById(id);

let limits = null; // of uploads
let job = null; // {id, file, clean}; clean: samples of the sample picture without noise
let events = null;
let request = null;
let retry = 0;
const objectUrls = []; // to be revoked

function remember(url) {
  objectUrls.push(url);
  return url;
}

function show(name) {
  for (const id of ["choose", "work", "fault", "result"]) $(id).hidden = id !== name;
  $("remove").disabled = !job || !job.id;
}

function bytes(count) {
  const mebibytes = count / 1048576;
  return mebibytes < 0.1 ? `${Math.ceil(count / 1024)} KiB` : `${Number(mebibytes.toFixed(1))} MiB`;
}

// --- reset and errors ---

function reset() {
  clearTimeout(retry);
  events?.close();
  request?.abort();
  events = request = null;
  compare.clear();
  for (const url of objectUrls.splice(0)) URL.revokeObjectURL(url);
  job = null;
  history.replaceState(null, "", location.pathname);
}

function restart() {
  reset();
  show("choose");
  $("open").focus();
}

function fail(why) {
  const id = job?.id;
  reset();
  if (id) fetch(`api/jobs/${id}`, {method: "DELETE"}).catch(() => {});
  $("why").textContent = why;
  show("fault");
  $("again").focus();
}

function remove() {
  const id = job?.id;
  restart();
  if (id) fetch(`api/jobs/${id}`, {method: "DELETE"}).catch(() => {});
}

// --- upload ---

function describe(phase, part, detail) {
  if ($("phase").textContent !== phase) $("phase").textContent = phase;
  if (part === null) $("bar").removeAttribute("value");
  else $("bar").value = part;
  $("detail").textContent = detail;
}

function begin(file, clean = null) {
  reset();
  const clip = file.type.startsWith("video/");
  const most = limits && (clip ? limits.max_clip_bytes : limits.max_bytes);
  if (most && file.size > most) {
    fail(`The ${clip ? "clip" : "picture"} has ${bytes(file.size)}; the limit is ${bytes(most)}.`);
    return;
  }
  job = {file, clean};
  $("thumb").hidden = clip;
  if (!clip) $("thumb").src = remember(URL.createObjectURL(file));
  show("work");
  $("cancel").focus();
  send(file);
}

function send(file) {
  describe("Uploading", 0, bytes(file.size));
  const sending = new XMLHttpRequest();
  request = sending;
  sending.open("POST", `api/jobs?profile=${$("best").checked ? "best" : "balanced"}`);
  sending.setRequestHeader("Content-Type", /^(image|video)\//.test(file.type) ? file.type : "application/octet-stream");
  sending.upload.onprogress = (event) => {
    if (event.lengthComputable) describe("Uploading", event.loaded / event.total, `${bytes(event.loaded)} of ${bytes(event.total)}`);
  };
  sending.onerror = () => fail("The server cannot be reached.");
  sending.onload = () => {
    request = null;
    const answer = parse(sending.responseText);
    if (sending.status === 503) retryUpload(file, Number(sending.getResponseHeader("Retry-After")) || 5);
    else if (sending.status === 201) follow(answer.id);
    else fail(answer.detail || `The server answered ${sending.status}.`);
  };
  sending.send(file);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

// The queue is full: retries after the time that the server tells.
function retryUpload(file, seconds) {
  if (seconds <= 0) {
    send(file);
    return;
  }
  describe("The server is busy", null, `trying again in ${seconds} s`);
  retry = setTimeout(() => retryUpload(file, seconds - 1), 1000);
}

// --- progress ---

function follow(id) {
  job.id = id;
  history.replaceState(null, "", `#${id}`);
  show("work");
  events = new EventSource(`api/jobs/${id}/events`);
  events.addEventListener("state", (event) => update(JSON.parse(event.data)));
  events.addEventListener("gone", () => fail("The job has been removed."));
  events.onerror = () => {
    if (events?.readyState === EventSource.CLOSED) poll(id);
  };
}

// Polls the job where server-sent events are blocked.
async function poll(id) {
  const answer = await fetch(`api/jobs/${id}`).catch(() => null);
  if (job?.id !== id) return;
  if (answer?.ok) {
    const state = await answer.json();
    update(state);
    if (state.state === "queued" || state.state === "running") retry = setTimeout(poll, 1000, id);
  } else if (answer) {
    fail((await answer.json().catch(() => ({}))).detail || "The job does not exist any more.");
  } else {
    retry = setTimeout(poll, 3000, id);
  }
}

const phases = {reading: "Reading", learning: "Learning the noise", denoising: "Denoising", writing: "Writing the result"};

function update(state) {
  if (state.state === "queued") {
    describe("Waiting", null, state.position ? `${state.position} ahead in the queue` : "next in the queue");
  } else if (state.state === "running") {
    const words = [];
    if (state.part) words.push(`${Math.round(100 * state.part)} %`);
    if (state.loss) words.push(`loss ${state.loss.toPrecision(3)}`);
    if (state.eta) words.push(`${Math.ceil(state.eta)} s left`);
    describe(phases[state.phase] || "Working", state.part || null, words.join(" · "));
  } else {
    events?.close();
    events = null;
    if (state.state === "failed") fail(state.error);
    else finish(state);
  }
}

async function finish(state) {
  const at = `api/jobs/${job.id}`;
  try {
    await compare.open(state.kind === "clip", original(state, at), `${at}/result?view=1`);
  } catch {
    fail("The browser cannot show the result.");
    return;
  }
  $("strength").value = 100;
  showStrength();
  show("result");
  compare.fit();
  showFacts(state);
  $("split").focus({preventScroll: true});
}

// The local file if the browser can show it, else the view that the server has.
function original(state, at) {
  const viewable = /^image\/(png|jpeg|webp)$/.test(state.type);
  return job.file && viewable ? remember(URL.createObjectURL(job.file)) : `${at}/original?view=1`;
}

function showFacts(state) {
  const result = state.result;
  const facts = [["size", `${result.width} × ${result.height}`]];
  if (result.frames) facts.push(["frames", result.frames]);
  if (result.sigma !== undefined) facts.push(["estimated noise", `${result.sigma.toFixed(1)} of 255`]);
  facts.push(["time", `${state.seconds.toFixed(1)} s`]);
  facts.push(["expires", `at ${new Date(state.expires).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"})}`]);
  if (job.clean) facts.unshift(["PSNR", compare.psnr(job.clean)]);
  $("facts").replaceChildren(...facts.map(([name, value]) => {
    const row = document.createElement("div");
    const term = row.appendChild(document.createElement("dt"));
    const text = row.appendChild(document.createElement("dd"));
    term.textContent = name;
    text.textContent = value;
    return row;
  }));
}

// --- strength and download ---

let ready = false; // the server has rendered the result at this strength

function showStrength() {
  const percent = Number($("strength").value);
  $("percent").textContent = `${percent} %`;
  $("after").style.opacity = percent / 100; // the strength is the weight of the result
  $("note").textContent = "";
  ready = percent === 100;
  if (job?.id) $("download").href = `api/jobs/${job.id}/result?strength=${percent / 100}`;
}

// The link starts the download. Rendering at another strength takes time and may fail, so the first
// byte is requested beforehand. If that takes too long, the browser requires another click.
async function download(event) {
  if (ready) return;
  event.preventDefault();
  const href = $("download").href;
  $("note").textContent = "Preparing the download …";
  try {
    const answer = await fetch(href, {headers: {Range: "bytes=0-0"}});
    if (href !== $("download").href) return;
    if (!answer.ok) throw new Error((await answer.json()).detail);
    ready = true;
    const prompt = navigator.userActivation ? navigator.userActivation.isActive : true;
    $("note").textContent = prompt ? "" : "The download is ready: press Download again.";
    if (prompt) $("download").click();
  } catch (error) {
    $("note").textContent = error.message || "The download failed.";
  }
}

// --- comparison ---

const compare = (() => {
  const stage = $("stage");
  let before = null, after = null;
  let width = 1, height = 1;
  let scale = 1, x = 0, y = 0; // position of the picture on the stage
  let split = 0.5;
  const pointers = new Map();
  let grabbed = null; // "split" or "picture"
  let timer = 0;

  function draw() {
    const box = stage.getBoundingClientRect();
    const place = `translate(${x}px, ${y}px) scale(${scale})`;
    for (const shown of [before, after]) if (shown) shown.style.transform = place;
    for (const layer of [$("before"), $("after")]) layer.classList.toggle("coarse", scale >= 4);
    $("after").style.clipPath = `inset(0 0 0 ${split * box.width}px)`;
    $("split").style.left = `${split * 100}%`;
    $("split").ariaValueNow = Math.round(split * 100);
    $("split").ariaValueText = `${Math.round(split * 100)} % before`;
    $("scale").textContent = `${Math.round(scale * 100)} %`;
  }

  function fitScale() {
    const box = stage.getBoundingClientRect();
    return Math.min(box.width / width, box.height / height);
  }

  function fit() {
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

  function zoom(factor, at) {
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

  function toggle() {
    if (!after || after.paused === undefined) return;
    const playing = !after.paused;
    for (const video of [after, before]) playing ? video.pause() : video.play();
    if (playing) before.currentTime = after.currentTime;
    $("play").textContent = playing ? "Play" : "Pause";
    $("play").ariaPressed = String(!playing);
  }

  async function open(clip, first, second) {
    clear();
    [before, after] = await Promise.all([load(clip, first), load(clip, second)]);
    width = before.videoWidth || before.naturalWidth;
    height = before.videoHeight || before.naturalHeight;
    for (const shown of [before, after]) {
      shown.style.width = `${width}px`;
      shown.style.height = `${height}px`;
    }
    stage.style.setProperty("--ratio", height / width);
    $("before").replaceChildren(before);
    $("after").replaceChildren(after);
    $("play").hidden = !clip;
    split = 0.5;
    if (clip) {
      await Promise.all([after.play(), before.play()]);
      $("play").textContent = "Pause";
      follow();
    }
  }

  function clear() {
    cancelAnimationFrame(timer);
    $("before").replaceChildren();
    $("after").replaceChildren();
    before = after = null;
  }

  function pixels(image) {
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth || image.width;
    canvas.height = image.naturalHeight || image.height;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height).data;
  }

  function psnr(clean) {
    const measure = (image) => {
      const data = pixels(image);
      let sum = 0;
      for (let i = 0; i < data.length; i++) sum += (data[i] - clean[i]) ** 2;
      return (10 * Math.log10(255 ** 2 * data.length * 0.75 / sum)).toFixed(2);
    };
    return `${measure(before)} → ${measure(after)} dB`;
  }

  return {open, clear, fit, zoom, toggle, psnr, pixels};
})();

// --- sample picture with added noise ---

async function sample() {
  const image = new Image();
  image.src = "sample.png";
  await image.decode();
  const clean = compare.pixels(image);
  const noisy = new ImageData(new Uint8ClampedArray(clean), image.width, image.height);
  const sigma = 255 * (limits?.degree || 0.1);
  for (let i = 0; i < clean.length; i++) {
    if (i % 4 === 3) continue;
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
    noisy.data[i] = clean[i] + sigma * radius * Math.cos(2 * Math.PI * Math.random());
  }
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").putImageData(noisy, 0, 0);
  canvas.toBlob((blob) => begin(new File([blob], "sample.png", {type: "image/png"}), clean));
}

// --- event handlers ---

$("open").onclick = () => $("file").click();
$("file").onchange = () => {
  if ($("file").files.length) begin($("file").files[0]);
  $("file").value = "";
};
$("sample").onclick = () => sample().catch(() => fail("The sample could not be loaded."));
$("cancel").onclick = remove;
$("again").onclick = restart;
$("new").onclick = restart;
$("remove").onclick = remove;
$("in").onclick = () => compare.zoom(1.5);
$("out").onclick = () => compare.zoom(1 / 1.5);
$("fit").onclick = () => compare.fit();
$("play").onclick = () => compare.toggle();
$("strength").oninput = showStrength;
$("download").onclick = download;

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
  if (event.dataTransfer.files.length) begin(event.dataTransfer.files[0]);
});
addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files][0];
  if (file) begin(file);
});

// --- start ---

fetch("api/limits").then((answer) => answer.json()).then((found) => {
  limits = found;
  $("file").accept = found.types.join();
  $("limits").textContent = `PNG, JPEG, WebP or TIFF up to ${bytes(found.max_bytes)} and ` +
    `${Math.round(found.max_pixels / 1e6)} megapixels; MP4 or WebM up to ${bytes(found.max_clip_bytes)} ` +
    `and ${found.max_clip_seconds} s`;
}).catch(() => {});

if (/^#[0-9a-f]{32}$/.test(location.hash)) {
  job = {};
  $("thumb").hidden = true;
  describe("Loading the job", null, "");
  follow(location.hash.slice(1));
}
