#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later
// Uses the web page in a real browser as people do, at a desk's width and a phone's: drops a picture,
// watches, compares, changes the strength, downloads, and measures what came. Prints TAP.
//
//   node page.mjs SERVE PLUGINDIR BUILDDIR OUTDIR
//
// BUILDDIR holds node_modules/playwright-core (tests/run puts it there); OUTDIR gets the screenshots.
import {execFileSync, spawn} from "node:child_process";
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from "node:fs";
import {createRequire} from "node:module";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

const [serve, plugins, build, out] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const pipelines = join(here, "../../pipelines");
const work = mkdtempSync(join(tmpdir(), "zsdenoise-page-"));
const shots = join(out, "screenshots");
const SIGMA = 25;
const PATIENCE = 120000; // ms for anything, on a slow machine

function pictures(...args) {
  return execFileSync(join(here, "page-pictures"), args.map(String), {encoding: "utf8"}).trim();
}

// --- tests ---

let number = 0, failures = 0;

async function test(name, run) {
  number++;
  try {
    await run();
    console.log(`ok ${number} - ${name}`);
  } catch (error) {
    failures++;
    console.log(String(error.stack).replace(/^/gm, "# "));
    console.log(`not ok ${number} - ${name}`);
  }
}

function check(condition, what) {
  if (!condition) throw new Error(what);
}

// --- the server and the browser ---

const server = spawn(serve, ["--port", "0", "--state", join(work, "state")],
  {env: {...process.env, GST_PLUGIN_PATH: plugins}, stdio: ["ignore", "ignore", "pipe"]});
let said = "";
const address = await new Promise((resolve, reject) => {
  server.stderr.on("data", (data) => {
    said += data;
    const found = /serve: (http:\S+)/.exec(said);
    if (found) resolve(found[1]);
  });
  server.on("exit", () => reject(new Error(`the server has ended: ${said}`)));
});

const {chromium} = createRequire(join(build, "node_modules/"))("playwright-core");
const browser = await chromium.launch({executablePath: "/usr/bin/chromium",
  args: ["--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage", ...(process.getuid() ? [] : ["--no-sandbox"])]});

// A page of its own, on which nothing may go wrong unseen.
async function open(options) {
  const context = await browser.newContext({acceptDownloads: true, ...options});
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") page.faults.push(message.text());
  });
  await page.goto(address);
  await page.waitForFunction(() => document.getElementById("limits").textContent);
  return page;
}

// As if it were dragged there from a folder.
async function drop(page, file, type) {
  const data = readFileSync(file).toString("base64");
  const transfer = await page.evaluateHandle(([data, type]) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    transfer.items.add(new File([bytes], "dropped", {type}));
    return transfer;
  }, [data, type]);
  await page.dispatchEvent("#drop", "drop", {dataTransfer: transfer});
}

// Messages of the page while it waits for the result.
async function watch(page) {
  await page.evaluate(() => {
    window.seen = [];
    const note = () => window.seen.push(document.getElementById("phase").textContent);
    new MutationObserver(note).observe(document.getElementById("phase"), {childList: true, characterData: true, subtree: true});
  });
}

async function download(page, name) {
  const coming = page.waitForEvent("download");
  await page.click("#download");
  // Where the server takes its time, the browser wants another press.
  await Promise.race([coming, page.waitForFunction(() => document.getElementById("note").textContent.includes("again"))
    .then(() => page.click("#download")).catch(() => {})]);
  const file = await coming;
  const path = join(work, name);
  await file.saveAs(path);
  return [path, file.suggestedFilename()];
}

const splitAt = (page) => page.$eval("#split", (split) => Number(split.getAttribute("aria-valuenow")));
const scaleIs = (page) => page.$eval("#scale", (scale) => parseInt(scale.textContent));

// Nothing sticks out on the right, and what is pressed is large enough for a finger.
async function fits(page) {
  const found = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - innerWidth,
    small: [...document.querySelectorAll("button:not(.link), .button")].filter((button) => button.offsetParent)
      .filter((button) => button.offsetHeight < 38 || button.offsetWidth < 38).map((button) => button.id),
  }));
  check(found.wide <= 0, `the page is ${found.wide} pixels too wide`);
  check(!found.small.length, `too small: ${found.small}`);
}

// --- what people do ---

const clean = join(pipelines, "sample.png");
const noisy = join(work, "noisy.png");
const clip = join(work, "clip.mp4");
mkdirSync(shots, {recursive: true});
pictures("noisy", clean, noisy, SIGMA);
const before = Number(pictures("psnr", clean, noisy));

async function denoise(page, how) {
  await watch(page);
  await how();
  await page.waitForSelector("#result:not([hidden])");
  const seen = await page.evaluate(() => window.seen);
  check(seen.length >= 1, "no progress was shown");
}

async function compare(page, shot) {
  const stage = page.locator("#stage");
  const files = ["stage", "before", "after"].map((name) => join(shots, `${shot}-${name}.png`));
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

async function measure(page, shot) {
  const [whole, name] = await download(page, `${shot}.png`);
  check(name === "denoised.png", `the download is called ${name}`);
  const after = Number(pictures("psnr", clean, whole));
  console.log(`# PSNR ${before.toFixed(2)} dB, denoised ${after.toFixed(2)} dB`);
  check(after > before + 5, `PSNR ${before} dB came out at ${after} dB`);

  await page.fill("#strength", "0");
  const [none] = await download(page, `${shot}-0.png`);
  check(pictures("psnr", noisy, none) === "same", "at strength 0 it is not what it was");
  await page.fill("#strength", "60");
  check(await page.textContent("#percent") === "60 %", "the strength is not shown");
  const [some] = await download(page, `${shot}-60.png`);
  const part = Number(pictures("psnr", clean, some));
  check(part > before + 2 && part < after, `at strength 0.6 PSNR is ${part} dB`);
  const opacity = await page.$eval("#after", (layer) => layer.style.opacity);
  check(opacity === "0.6", `the page shows a strength of ${opacity}`);
  await page.fill("#strength", "100");
}

await test("a picture is dropped, watched and compared", async () => {
  const page = await open({viewport: {width: 1280, height: 860}});
  await page.screenshot({path: join(shots, "start.png")});
  await denoise(page, () => drop(page, noisy, "image/png"));
  await compare(page, "picture");
  await page.screenshot({path: join(shots, "picture.png")});
  await moveByKeys(page);
  await moveByPointer(page);
  await measure(page, "picture");
  await fits(page);
  check(!page.faults.length, page.faults.join("; "));

  // The address alone brings it back.
  await page.reload();
  await page.waitForSelector("#result:not([hidden])");
  await page.click("#remove");
  await page.waitForSelector("#choose:not([hidden])");
  await page.context().close();
});

await test("on a phone, in the dark", async () => {
  const page = await open({viewport: {width: 390, height: 844}, hasTouch: true, isMobile: true,
    deviceScaleFactor: 2, colorScheme: "dark"});
  await page.screenshot({path: join(shots, "phone-start.png")});
  await fits(page);
  await page.setInputFiles("#file", noisy);
  await page.waitForSelector("#result:not([hidden])");
  await fits(page);
  await page.screenshot({path: join(shots, "phone-picture.png")});
  await pinch(page);
  await measure(page, "phone");
  check(!page.faults.length, page.faults.join("; "));
  await page.context().close();
});

await test("with the keyboard alone, the sample", async () => {
  const page = await open({viewport: {width: 1280, height: 860}, colorScheme: "dark"});
  for (let i = 0; i < 10 && await page.evaluate(() => document.activeElement.id) !== "sample"; i++)
    await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#result:not([hidden])");
  check(await page.evaluate(() => document.activeElement.id) === "split", "the border has not the focus");
  const [, first, second] = /([\d.]+) → ([\d.]+) dB/.exec(await page.textContent("#facts"));
  check(Number(second) > Number(first) + 4, `the page says ${first} and ${second} dB`);
  await page.screenshot({path: join(shots, "sample.png")});
  check(!page.faults.length, page.faults.join("; "));
  await page.context().close();
});

await test("a clip plays before and after, together", async () => {
  execFileSync("gst-launch-1.0", ["-q", "filesrc", `location=${join(pipelines, "clip.mkv")}`, "!", "decodebin", "!",
    "videoconvert", "!", "zsnoise", "degree=0.1", "!", "x264enc", "pass=quant", "quantizer=14", "!", "mp4mux",
    "!", "filesink", `location=${clip}`], {env: {...process.env, GST_PLUGIN_PATH: plugins}});
  const page = await open({viewport: {width: 1280, height: 860}});
  await drop(page, clip, "video/mp4");
  await page.waitForFunction(() => document.getElementById("bar").value > 0.1 &&
    document.getElementById("phase").textContent === "Denoising");
  await page.screenshot({path: join(shots, "progress.png")});
  await page.waitForSelector("#result:not([hidden])");
  const together = (most) => {
    const [first, second] = ["before", "after"].map((layer) => document.querySelector(`#${layer} video`));
    return second.currentTime > 0.3 && Math.abs(first.currentTime - second.currentTime) < most;
  };
  await page.waitForFunction(together, 0.15);
  await page.click("#play");
  await page.waitForFunction(together, 0.001);
  await page.waitForTimeout(500);
  await compare(page, "clip");
  await page.screenshot({path: join(shots, "clip.png")});
  await page.fill("#strength", "50");
  const [, name] = await download(page, "clip-50.mp4");
  check(name === "denoised.mp4", `the download is called ${name}`);
  check(!page.faults.length, page.faults.join("; "));
  await page.context().close();
});

await test("what is no picture is told so", async () => {
  const page = await open({viewport: {width: 1280, height: 860}});
  await drop(page, join(here, "page.mjs"), "image/png");
  await page.waitForSelector("#fault:not([hidden])");
  check((await page.textContent("#why")).startsWith("This is not a PNG"), await page.textContent("#why"));
  await page.screenshot({path: join(shots, "fault.png")});
  await page.keyboard.press("Enter");
  await page.waitForSelector("#choose:not([hidden])");
  await page.context().close();
});

// --- the end ---

await browser.close();
await test("the server ends when it is told to", async () => {
  server.removeAllListeners("exit");
  const ended = new Promise((resolve) => server.on("exit", resolve));
  server.kill("SIGTERM");
  check(await ended === 0, `it ended with ${server.exitCode}, ${server.signalCode}`);
});
rmSync(work, {recursive: true});
console.log(`1..${number}`);
process.exit(failures ? 1 : 0);
