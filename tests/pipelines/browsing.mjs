// SPDX-License-Identifier: LGPL-2.1-or-later
// A server, a browser on its page, and tests that are counted as TAP; for page.mjs.
import {execFileSync, spawn} from "node:child_process";
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from "node:fs";
import {createRequire} from "node:module";
import {tmpdir} from "node:os";
import {basename, dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

const [serve, plugins, build, out] = process.argv.slice(2);
export const here = dirname(fileURLToPath(import.meta.url));
export const web = join(here, "../../pipelines/web");
export const sample = join(here, "../../pipelines/sample.png");
export const work = mkdtempSync(join(tmpdir(), "zsdenoise-page-"));
export const shots = join(out, "screenshots");
const PATIENCE = 120000; // ms for anything, on a slow machine
const withPlugins = {...process.env, GST_PLUGIN_PATH: plugins};

mkdirSync(shots, {recursive: true});

export function pictures(...args) {
  return execFileSync(join(here, "page-pictures"), args.map(String), {encoding: "utf8"}).trim();
}

export function launch(line) {
  execFileSync("gst-launch-1.0", ["-q", ...line.split(" ")], {env: withPlugins});
}

// --- tests ---

let number = 0, failures = 0;

export async function test(name, run) {
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

export function check(condition, what) {
  if (!condition) throw new Error(what);
}

// --- the server and the browser ---

const server = spawn(serve, ["--port", "0", "--state", join(work, "state"), "--workers", "1", "--max-bytes", "2000000"],
  {env: withPlugins, stdio: ["ignore", "ignore", "pipe"]});
let said = "";
export const address = await new Promise((resolve, reject) => {
  server.stderr.on("data", (data) => {
    said += data;
    const found = /serve: (http:\S+)/.exec(said);
    if (found) resolve(found[1]);
  });
  server.on("exit", () => reject(new Error(`the server has ended: ${said}`)));
});

const modules = createRequire(join(build, "node_modules/"));
const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");
const browser = await modules("playwright-core").chromium.launch({executablePath: "/usr/bin/chromium",
  args: ["--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage",
    ...(process.getuid() ? [] : ["--no-sandbox"])]});

export async function end() {
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
}

// --- pages ---

export const desk = {viewport: {width: 1280, height: 860}};
export const phone = {viewport: {width: 390, height: 844}, hasTouch: true, isMobile: true, deviceScaleFactor: 2};

// A page of its own, on which nothing may go wrong unseen. `before`: a script that runs before its own.
export async function open(options, before = null) {
  const context = await browser.newContext({acceptDownloads: true, locale: "en-GB", ...options});
  context.setDefaultTimeout(PATIENCE);
  if (before) await context.addInitScript(before);
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

export async function close(page) {
  check(!page.faults.length, page.faults.join("; "));
  await page.context().close();
}

// As if files were dragged there from a folder.
export async function drop(page, ...files) {
  const contents = files.map((file) => ({name: basename(file), data: readFileSync(file).toString("base64"),
    type: {png: "image/png", jpg: "image/jpeg", mp4: "video/mp4"}[file.split(".").pop()] || ""}));
  const transfer = await page.evaluateHandle((contents) => {
    const transfer = new DataTransfer();
    for (const {name, data, type} of contents) {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      transfer.items.add(new File([bytes], name, {type}));
    }
    return transfer;
  }, contents);
  await page.dispatchEvent("#drop", "drop", {dataTransfer: transfer});
}

// Collects what the rows of the list say, as [name, state].
export async function watch(page) {
  await page.evaluate(() => {
    window.seen = [];
    const note = () => {
      for (const row of document.querySelectorAll(".row"))
        window.seen.push([".name", ".state"].map((part) => row.querySelector(part).textContent));
    };
    new MutationObserver(note).observe(document.getElementById("list"),
      {childList: true, characterData: true, subtree: true});
  });
}

export const seen = (page) => page.evaluate(() => window.seen);

// The row of that name, with words in its state.
export const row = (page, name, words = "") =>
  page.locator(".row", {has: page.locator(".name", {hasText: name})})
    .filter({has: page.locator(".state", {hasText: words})});

export async function download(page, link, name) {
  const coming = page.waitForEvent("download");
  await link.click();
  // Where the server takes its time, the browser wants another press.
  await Promise.race([coming, page.waitForFunction(() => document.getElementById("note").textContent.includes("again"))
    .then(() => link.click()).catch(() => {})]);
  const file = await coming;
  const path = join(work, name);
  await file.saveAs(path);
  return [path, file.suggestedFilename()];
}

// Nothing sticks out on the right, and what is pressed is large enough for a finger.
export async function fits(page) {
  const found = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - innerWidth,
    small: [...document.querySelectorAll("button, .button, select, input")].filter((control) => control.offsetParent)
      .filter((control) => control.offsetHeight < 38 || control.offsetWidth < 38)
      .map((control) => control.id || control.name),
    out: [...document.querySelectorAll("button, .button, select, input, progress, label, h2")]
      .filter((part) => part.offsetParent)
      .filter((part) => part.getBoundingClientRect().left < 0 || part.getBoundingClientRect().right > innerWidth)
      .map((part) => part.id || part.className || part.textContent),
    cut: [...document.querySelectorAll("button, .button, label, h1, dd")].filter((text) => text.offsetParent)
      .filter((text) => text.scrollWidth > text.clientWidth + 1 && text.clientWidth).map((text) => text.textContent),
  }));
  check(found.wide <= 0, `the page is ${found.wide} pixels too wide`);
  check(!found.out.length, `beside the page: ${found.out}`);
  check(!found.small.length, `too small: ${found.small}`);
  check(!found.cut.length, `cut off: ${found.cut}`);
}

// No violation of the rules of axe-core.
export async function accessible(page) {
  await page.evaluate(axe);
  const {violations} = await page.evaluate(() => window.axe.run());
  check(!violations.length, violations
    .map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html).join(", ")}`).join("; "));
}

export async function shot(page, name) {
  await page.screenshot({path: join(shots, `${name}.png`), fullPage: true});
}
