#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later
// Uses the web page in a real browser as people do, at a desk's width and a phone's and in each language: drops
// pictures and clips, watches, compares, changes the strength, downloads, and measures what came. Prints TAP.
//
//   node page.mjs SERVE PLUGINDIR BUILDDIR OUTDIR
//
// BUILDDIR holds node_modules with playwright-core and axe-core (tests/run puts them there); OUTDIR gets the
// screenshots.
import {copyFileSync, readFileSync, readdirSync, writeFileSync} from "node:fs";
import {join} from "node:path";

import {accessible, address, check, close, desk, download, drop, end, fits, here, launch, open, phone, pictures, row,
  sample, seen, shot, shots, test, watch, web, work} from "./browsing.mjs";

const SIGMA = 25;
const noisy = join(work, "night.png");
pictures("noisy", sample, noisy, SIGMA);
const before = Number(pictures("psnr", sample, noisy));

const finished = (page) => page.waitForFunction(() => document.querySelector("#after img, #after video"));

// --- comparison ---

const splitAt = (page) => page.$eval("#split", (split) => Number(split.getAttribute("aria-valuenow")));
const scaleIs = (page) => page.$eval("#scale", (scale) => parseInt(scale.textContent));

async function compare(page, name) {
  const stage = page.locator("#stage");
  const files = ["stage", "before", "after"].map((part) => join(shots, `${name}-${part}.png`));
  check(await splitAt(page) === 50, "the border does not begin in the middle");
  await page.focus("#split");
  for (const [i, key] of [[0, null], [1, "End"], [2, "Home"]]) {
    if (key) await page.keyboard.press(key);
    await stage.screenshot({path: files[i]});
  }
  for (let i = 0; i < 5; i++) await page.keyboard.press("PageUp");
  check(await splitAt(page) === 50, "five pages up do not lead to the middle");
  const {width} = await stage.boundingBox();
  const [left, right, rougher] = pictures("divided", ...files, Math.round(width / 2)).split(" ").map(Number);
  check(left < 0.5 && right < 0.5, `the border does not divide it: ${left}, ${right}`);
  check(rougher > 1.3, `before it is ${rougher} times as rough as after`);
}

async function moveByKeys(page) {
  await page.focus("#split");
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
  check(await splitAt(page) === 45, `five arrows to the left lead to ${await splitAt(page)}`);
  await page.keyboard.press("End");
  check(await splitAt(page) === 100, "End does not lead to the end");
  await page.keyboard.press("Home");
  check(await splitAt(page) === 0, "Home does not lead to the beginning");
  const fit = await scaleIs(page);
  await page.keyboard.press("+");
  check(await scaleIs(page) > fit, "+ does not zoom in");
  await page.keyboard.press("0");
  check(await scaleIs(page) === fit, "0 does not fit it in");
}

async function moveByPointer(page) {
  const stage = await page.locator("#stage").boundingBox();
  const y = stage.y + stage.height / 2;
  await page.mouse.move(stage.x + stage.width / 2, y);
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width / 4, y, {steps: 4});
  await page.mouse.up();
  check(Math.abs(await splitAt(page) - 25) <= 1, `dragged to a quarter it is at ${await splitAt(page)}`);
  const fit = await scaleIs(page);
  await page.mouse.wheel(0, -500);
  await page.waitForFunction((fit) => parseInt(document.getElementById("scale").textContent) > fit, fit);
  await page.click("#fit");
  check(await scaleIs(page) === fit, "Fit does not fit it in");
}

// Two fingers that part: through the browser's own way in, as a touch screen's events come.
async function pinch(page) {
  const stage = await page.locator("#stage").boundingBox();
  const session = await page.context().newCDPSession(page);
  const fit = await scaleIs(page);
  const [x, y] = [stage.x + stage.width / 2, stage.y + stage.height / 3];
  const touch = (type, spread) => session.send("Input.dispatchTouchEvent",
    {type, touchPoints: type === "touchEnd" ? [] : [{x: x - spread, y, id: 1}, {x: x + spread, y, id: 2}]});
  await touch("touchStart", 20);
  for (const spread of [30, 45, 60]) await touch("touchMove", spread);
  await touch("touchEnd", 0);
  await page.waitForFunction((fit) => parseInt(document.getElementById("scale").textContent) > 1.5 * fit, fit);
  await page.click("#fit");
}

async function measure(page, name) {
  const link = page.locator("#download");
  const [whole, called] = await download(page, link, `${name}.png`);
  check(called === "night-denoised.png", `the download is called ${called}`);
  const after = Number(pictures("psnr", sample, whole));
  console.log(`# PSNR ${before.toFixed(2)} dB, denoised ${after.toFixed(2)} dB`);
  check(after > before + 5, `PSNR ${before} dB came out at ${after} dB`);

  await page.fill("#strength", "0");
  const [none] = await download(page, link, `${name}-0.png`);
  check(pictures("psnr", noisy, none) === "same", "at strength 0 it is not what it was");
  await page.fill("#strength", "60");
  check(await page.textContent("#percent") === "60 %", "the strength is not shown");
  const [some] = await download(page, link, `${name}-60.png`);
  const part = Number(pictures("psnr", sample, some));
  check(part > before + 2 && part < after, `at strength 0.6 PSNR is ${part} dB`);
  const opacity = await page.$eval("#after", (layer) => layer.style.opacity);
  check(opacity === "0.6", `the page shows a strength of ${opacity}`);
  await page.fill("#strength", "170");
  await page.waitForFunction(() => document.querySelector("#after img").src.endsWith("strength=1.7"));
  check(await page.$eval("#after", (layer) => layer.style.opacity) === "1", "more than all of it is not shown");
  await page.waitForFunction(() => document.querySelector("#note").textContent === "");
  const [more] = await download(page, link, `${name}-170.png`);
  check(pictures("psnr", whole, more) !== "same", "at strength 1.7 it is as at 1");
  await page.fill("#strength", "100");
  await page.waitForFunction(() => document.querySelector("#after img").src.endsWith("view=1"));
}

// --- texts ---

const languages = ["en", "de", "zh"];
// As modules, which node takes files called .js for since version 22 only.
const texts = Object.fromEntries(await Promise.all(languages.map(async (code) => {
  const source = readFileSync(join(web, `${code}.js`), "utf8");
  return [code, (await import(`data:text/javascript,${encodeURIComponent(source)}`)).default];
})));

await test("each language has every text", async () => {
  const values = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name.replace("wan", "pixels"))
    .sort().join();
  for (const code of languages) {
    check(Object.keys(texts[code]).join() === Object.keys(texts.en).join(), `${code} has other keys than en`);
    for (const [key, text] of Object.entries(texts[code])) {
      check(text.trim() && values(text) === values(texts.en[key]), `${code}: ${key} has other values than in en`);
      const same = /^(PSNR|Zoom|,|.*{before} → .*|\W*\{\w+\}\W*.{0,4}|.*\{action\}.*)$/.test(texts.en[key].trim());
      check(code === "en" || same || text !== texts.en[key], `${code}: ${key} is not translated`);
    }
  }
  // Those that the page names are there, and no others.
  const sources = readdirSync(web).filter((name) => /(html|js)$/.test(name) && !languages.includes(name.split(".")[0]))
    .map((name) => readFileSync(join(web, name), "utf8")).join("\n");
  for (const [, key] of sources.matchAll(/(?:data-text="|data-label="|\bsay\("|status_\d+")(\w+)"/g))
    check(key in texts.en, `there is no text ${key}`);
  for (const key of Object.keys(texts.en))
    check(new RegExp(`["(]${key}[")]|\\b${key}: |state: "${key}"`).test(sources) || /^status_/.test(key) ||
      ["reading", "learning", "denoising", "writing", // phases of a job
        "untrained", "constant_rate", "few_steps", "clip", // keys without effect
        "large", "format", "damaged", "time", "memory", "other"].includes(key), `nothing says ${key}`);
});

for (const [code, tag, words] of [
  ["en", "en", "Choose files"], ["de", "de", "Dateien auswählen"], ["zh", "zh-Hans", "选择文件"]])
  await test(`the page in the language ${code}`, async () => {
    for (const [width, options] of [["desk", desk], ["phone", phone]]) {
      const page = await open({...options, locale: {en: "en-GB", de: "de-AT", zh: "zh-CN"}[code]});
      check(await page.evaluate(() => document.documentElement.lang) === tag, "it says another language");
      check(await page.textContent("#open") === words, await page.textContent("#open"));
      await page.click("#experiment summary");
      await fits(page);
      await accessible(page);
      await shot(page, `${code}-${width}-start`);
      await page.fill("[name=degree]", "0.1");
      await page.fill("[name=gamma]", "0.5");
      await drop(page, sample, join(here, "page.mjs"));
      await row(page, "sample.png").locator(".view").click();
      await finished(page);
      await fits(page);
      await accessible(page);
      await shot(page, `${code}-${width}-result`);
      const state = await row(page, "page.mjs").locator(".state").textContent();
      check(state === texts[code].status_415, state);
      const keys = await row(page, "sample.png").locator(".keys").textContent();
      check(keys === texts[code].untrained.replace("{key}", "gamma"), keys);
      page.faults = page.faults.filter((fault) => !fault.includes("415"));
      await close(page);
    }
  });

await test("the language is chosen, and remembered", async () => {
  const page = await open({...desk, locale: "fr-FR"});
  check(await page.textContent("#open") === texts.en.open, "a language that is not there is not English");
  await page.selectOption("#language", "de");
  check(await page.textContent("#open") === texts.de.open, await page.textContent("#open"));
  await page.reload();
  await page.waitForFunction((text) => document.getElementById("open").textContent === text, texts.de.open);
  check((await page.textContent("#limits")).includes("1,9 MiB"), await page.textContent("#limits"));
  await close(page);
});

// --- what people do ---

await test("a picture is dropped, watched and compared", async () => {
  const page = await open(desk);
  await shot(page, "start");
  await watch(page);
  await drop(page, noisy);
  await finished(page);
  check((await seen(page)).some(([, state]) => /^denoising \d+ %, \d+ s left$/.test(state)),
    `no remaining time was shown: ${JSON.stringify(await seen(page))}`);
  check(!(await seen(page)).some(([, state]) => state.includes("loss")), "a loss is shown without learning");
  await compare(page, "picture");
  await shot(page, "picture");
  await moveByKeys(page);
  await moveByPointer(page);
  await measure(page, "picture");
  await fits(page);
  await accessible(page);
  check(/deleted at\d\d:\d\d/.test(await page.textContent("#facts")), await page.textContent("#facts"));

  // The address alone brings it back.
  await page.reload();
  await finished(page);
  check(await page.textContent("#name") === "night.png", "its name is lost");
  await row(page, "night.png").locator(".drop").click();
  await page.waitForSelector("#files", {state: "hidden"});
  check(await page.isHidden("#result") && !new URL(page.url()).hash, "it is still there");
  await close(page);
});

await test("on a phone, in the dark", async () => {
  const page = await open({...phone, colorScheme: "dark"});
  await fits(page);
  await page.setInputFiles("#file", noisy);
  await finished(page);
  await fits(page);
  await accessible(page);
  await shot(page, "phone-picture");
  await pinch(page);
  await measure(page, "phone");
  await close(page);
});

await test("with the keyboard alone, the sample", async () => {
  const page = await open({...desk, colorScheme: "dark"});
  for (let i = 0; i < 10 && await page.evaluate(() => document.activeElement.id) !== "sample"; i++)
    await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await finished(page);
  await page.waitForFunction(() => document.activeElement.id === "split");
  const [, first, second] = /([\d.]+) → ([\d.]+) dB/.exec(await page.textContent("#facts"));
  check(Number(first) > 18 && Number(first) < 23, `noise of a tenth gives ${first} dB`);
  check(Number(second) > Number(first) + 4, `the page says ${first} and ${second} dB`);
  // The figures are those of the files: of the original, as shown and in whole, and of the result.
  const file = async (path) => {
    const id = new URL(page.url()).hash.slice(1);
    const name = join(work, "got.png");
    writeFileSync(name, Buffer.from(await (await page.request.get(`${address}/api/jobs/${id}/${path}`)).body()));
    return name;
  };
  check(pictures("psnr", sample, await file("original")) === "same", "the original is not the clean picture");
  check(Math.abs(pictures("psnr", sample, await file("original?view=1")) - first) < 0.01, "noise is not shown");
  check(Math.abs(pictures("psnr", sample, await file("result")) - second) < 0.01, "the result is not measured");
  const noise = await file("original?view=1");
  copyFileSync(noise, join(work, "noise.png"));
  check(pictures("psnr", join(work, "noise.png"), await file("result?strength=0")) === "same",
    "at strength 0 it is not the noisy picture");
  await accessible(page);
  await shot(page, "sample");
  await close(page);
});

await test("several files at once", async () => {
  const page = await open(desk);
  const jpeg = join(work, "Größe & <b>.jpg"), large = join(work, "large.png"), broken = join(work, "broken.png");
  pictures("noisy", sample, jpeg, SIGMA);
  writeFileSync(broken, readFileSync(noisy).subarray(0, 20000));
  writeFileSync(large, Buffer.alloc(3000000));
  writeFileSync(join(work, "empty.png"), "");
  await watch(page);
  await drop(page, noisy, jpeg, large, broken, join(here, "page.mjs"), join(work, "empty.png"));
  check(await page.locator(".row").count() === 6, "it does not list each file");
  await page.waitForFunction(() => document.querySelectorAll(".row.failed").length === 4 &&
    document.querySelectorAll(".row progress:not([hidden])").length === 0);
  check((await seen(page)).some(([, state]) => /ahead in the queue|next in the queue/.test(state)),
    "no one had to wait");
  for (const [name, words] of [["large.png", "This picture has 2.9 MiB; at most 1.9 MiB are possible here."],
    ["empty.png", "This file is empty."], ["broken.png", "It cannot be read. It may be damaged or incomplete."],
    ["page.mjs", "This is not a picture or clip that can be opened here."], ["night.png", "deleted at"]])
    check(await row(page, name, words).count() === 1,
      `${name} is said to be ${await row(page, name).locator(".state").textContent()}`);
  check(await page.isHidden("#result"), "one of several is shown without being asked for");
  const [path, called] = await download(page, row(page, "Größe").locator(".get"), "second.jpg");
  check(/^Größe & [<_]b[>_]-denoised.jpg$/.test(called), `the download is called ${called}`);
  check(pictures("psnr", sample, path) > before + 5, "the wrong file comes");
  await row(page, "Größe").locator(".view").click();
  await finished(page);
  await fits(page);
  await accessible(page);
  await shot(page, "several");
  await page.setViewportSize(phone.viewport);
  await fits(page);
  await shot(page, "several-narrow");
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll(".row:not(.failed) .get:not([hidden])").length === 2);
  await row(page, "night.png").locator(".drop").click();
  check(await page.locator(".row").count() === 2, "the wrong number is deleted");
  page.faults = page.faults.filter((fault) => !fault.includes("415"));
  await close(page);
});

await test("without a connection", async () => {
  const page = await open(desk);
  await page.context().setOffline(true);
  await drop(page, noisy);
  await row(page, "night.png", texts.en.unreachable).waitFor();
  page.faults = page.faults.filter((fault) => !fault.includes("ERR_INTERNET_DISCONNECTED"));
  await close(page);
});

await test("a picture is shared where the browser can", async () => {
  const page = await open(desk, () => {
    navigator.canShare = ({files}) => files.every(({type}) => type.startsWith("image/"));
    navigator.share = async ({files}) => {
      window.shared = files.map(({name, type, size}) => ({name, type, size}));
    };
  });
  await drop(page, noisy);
  await finished(page);
  await page.click("#share");
  const [{name, type, size}] = await (await page.waitForFunction(() => window.shared)).jsonValue();
  check(name === "night-denoised.png" && type === "image/png" && size > 10000, `${name}, ${type}, ${size} bytes`);
  await close(page);
});

await test("the method as published", async () => {
  const small = join(work, "small.png");
  pictures("corner", sample, small, 96);
  const page = await open(desk);
  await page.selectOption("#profile", "paper");
  await page.click("#experiment summary");
  await page.fill("[name=degree]", "0.1");
  await page.fill("[name=epoch_count]", "600");
  await watch(page);
  await drop(page, small);
  await row(page, "small.png", /learning [3-9]\d %/).waitFor();
  await fits(page);
  await accessible(page);
  await shot(page, "paper");
  await finished(page);
  await shot(page, "paper-result");
  const losses = (await seen(page)).map(([, state]) => /^learning \d+ %, loss ([\d.]+), \d+ s left$/.exec(state))
    .filter(Boolean).map(([, loss]) => Number(loss));
  console.log(`# loss ${losses[0]} to ${losses.at(-1)} in ${losses.length} steps`);
  check(losses.length > 5 && losses.at(-1) < 0.9 * losses[0], `the loss does not fall: ${losses}`);
  const curve = (await page.$eval(".curve polyline", (line) => line.getAttribute("points"))).split(" ")
    .map((point) => point.split(",").map(Number));
  check(curve.length > 3 && curve.every(([x], i) => !i || x > curve[i - 1][0]), `the curve is ${curve}`);
  check(curve.at(-1)[1] > curve[0][1] + 10, "the curve does not fall");
  check(/PSNR[\d.]+ → [\d.]+ dB/.test(await page.textContent("#facts")), await page.textContent("#facts"));
  await close(page);
});

await test("keys of the method have an effect, or a sentence", async () => {
  const small = join(work, "small.png");
  const page = await open(desk);
  await page.click("#experiment summary");
  const results = {};
  const result = async (keys) => {
    for (const name of ["sigma", "degree", "epoch_count", "learning_rate", "step_size", "gamma"])
      await page.fill(`[name=${name}]`, keys[name] || "");
    await drop(page, small);
    const last = page.locator(".row").last();
    await last.locator(".get:not([hidden])").waitFor({state: "attached"});
    const said = await last.locator(".keys").textContent();
    const body = await (await page.request.get(await last.locator(".get").evaluate((link) => link.href))).body();
    await last.locator(".drop").click();
    return [said, body.toString("base64")];
  };
  const [, none] = await result({});
  const [, base] = await result({epoch_count: "60"});
  check(none !== base, "epoch_count has no effect");
  check((await result({degree: "0.1"}))[1] !== none, "degree has no effect");
  check((await result({sigma: "40"}))[1] !== none, "sigma has no effect");
  for (const [key, value] of [["learning_rate", "0.01"], ["step_size", "20"], ["gamma", "0.1"]]) {
    const [said, body] = await result({[key]: value});
    check(said === `${key} has no effect while epoch_count is 0.` && body === none, `${key}: ${said}`);
    const [more, changed] = await result({epoch_count: "60", [key]: value});
    check((changed === base) === more.includes(`${key} has no effect`), `${key}: ${more}`);
    results[key] = changed !== base;
  }
  check(results.learning_rate && results.step_size, "they have no effect with epoch_count");
  // A value that is not possible is not sent.
  await page.fill("[name=gamma]", "2");
  await drop(page, small);
  check(await page.locator(".row").count() === 0, "it is sent");
  await close(page);
});

await test("a job that would take too long ends soon", async () => {
  const page = await open(desk);
  await page.selectOption("#profile", "paper");
  await page.click("#experiment summary");
  await page.fill("[name=epoch_count]", "1000000");
  const begun = Date.now();
  await drop(page, noisy);
  await row(page, "night.png", "It would take longer than the 10 min that a file may take here.").waitFor();
  check(Date.now() - begun < 60000, "it takes its time");
  await close(page);
});

await test("a clip plays before and after, together", async () => {
  const clip = join(work, "clip.mp4");
  launch(`filesrc location=${sample.replace("sample.png", "clip.mkv")} ! decodebin ! videoconvert ! ` +
    `zsnoise degree=0.1 ! x264enc pass=quant quantizer=14 ! mp4mux ! filesink location=${clip}`);
  const page = await open(desk);
  await watch(page);
  await drop(page, clip);
  await row(page, "clip.mp4", /denoising [2-9]\d %, \d+ s left/).waitFor();
  await shot(page, "progress");
  await finished(page);
  const left = (await seen(page)).map(([, state]) => /^denoising \d+ %, (\d+) s left$/.exec(state)).filter(Boolean)
    .map(([, seconds]) => Number(seconds));
  check(left.length > 3 && left.at(-1) < left[0] && left.at(-1) <= 3, `the time left is ${left}`);
  check(!(await seen(page)).some(([, state]) => state.startsWith("denoising") && state.includes("loss")),
    "a loss is shown without learning");
  const together = (most) => {
    const [first, second] = ["before", "after"].map((layer) => document.querySelector(`#${layer} video`));
    return second.currentTime > 0.3 && Math.abs(first.currentTime - second.currentTime) < most;
  };
  await page.waitForFunction(together, 0.15);
  await page.click("#play");
  await page.waitForFunction(together, 0.001);
  await page.waitForTimeout(500);
  await compare(page, "clip");
  await shot(page, "clip");
  await page.fill("#strength", "50");
  const [, name] = await download(page, page.locator("#download"), "clip-50.mp4");
  check(name === "clip-denoised.mp4", `the download is called ${name}`);
  await close(page);
});

await test("a clip of a phone, in QuickTime's container", async () => {
  const clip = join(work, "IMG_0001.MOV");
  launch("videotestsrc num-buffers=20 ! video/x-raw,width=160,height=120 ! zsnoise degree=0.08 ! x264enc ! " +
    `qtmux name=file ! filesink location=${clip} audiotestsrc num-buffers=30 ! audio/x-raw,format=S16LE ! file.`);
  const page = await open(desk);
  await page.click("#experiment summary");
  await page.fill("[name=degree]", "0.1");
  await drop(page, clip);
  await finished(page);
  const said = await row(page, "IMG_0001.MOV").locator(".keys").textContent();
  check(said === "degree has no effect on clips: noise is added to pictures only.", said);
  const [, name] = await download(page, page.locator("#download"), "clip.mp4");
  check(name === "IMG_0001-denoised.mp4", `the download is called ${name}`);
  await close(page);
});

await end();
