// Looks at report pages in Debian's Chromium: no request, no accessibility finding in light and dark, nothing to scroll
// sideways on a narrow screen, nothing run that an id carries, a table that can be searched and is whole without script.
//   node check.mjs FOLDER [PICTURES]     the pages of report-page-sample; with PICTURES, screenshots and a PDF go there
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve, join, basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const axe = createRequire(import.meta.url)('axe-core');
const [folder, pictures] = process.argv.slice(2).map(name => resolve(name));
const sizes = { wide: { width: 1200, height: 900 }, narrow: { width: 400, height: 800 } };
let findings = 0;
let checks = 0;

function check(what, holds, detail = '') {
  checks += 1;
  if (holds) return;
  findings += 1;
  console.error(`page: ${what}${detail && `: ${detail}`}`);
}

async function open(browser, file, options, visit) {
  const context = await browser.newContext({ viewport: sizes.wide, ...options });
  const page = await context.newPage();
  const requests = [];
  const errors = [];
  page.on('request', request => requests.push(request.url()));
  page.on('console', message => errors.push(message.text()));
  page.on('pageerror', error => errors.push(String(error)));
  page.on('dialog', dialog => { errors.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  const url = pathToFileURL(file).href;
  await page.goto(url);
  await visit(page);
  const name = `${basename(file)} ${JSON.stringify(options)}`;
  check(`${name} asks for more than itself`, requests.every(request => request === url), requests.join(' '));
  check(`${name} has errors`, errors.length === 0, errors.join(' | '));
  await context.close();
}

async function accessible(page, what) {
  // Evaluated by the debugger, so that the page's content policy does not stand in its way.
  await page.evaluate(`${axe.source}; undefined`);
  const { violations, passes } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations', 'passes'] }));
  check(`${what} was not looked at by axe`, passes.length > 10, String(passes.length));
  check(`${what} is not accessible`, violations.length === 0,
    violations.map(one => `${one.id} (${one.help}): ${one.nodes.slice(0, 3).map(node => node.html).join(' ')}`).join(' | '));
}

async function fits(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(`${what} scrolls sideways`, over <= 0, `${over} px`);
}

/** Texts of a picture that lie on each other or leave it, and those that are too small to read. */
async function legible(page, what) {
  const bad = await page.evaluate(() => [...document.querySelectorAll('svg.picture')].flatMap(svg => {
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
    const small = boxes.filter(([, box]) => box.height < 11).map(([text]) => `small: ${text}`);
    const out = boxes.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1
      || box.bottom > frame.bottom + 2).map(([text]) => `outside: ${text}`);
    const over = boxes.flatMap(([text, a], i) => boxes.slice(i + 1)
      .filter(([, b]) => a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom)
      .map(([other]) => `on each other: ${text}, ${other}`));
    return [...small, ...out, ...over];
  }));
  check(`${what} has texts that cannot be read`, bad.length === 0, bad.slice(0, 6).join('; '));
}

async function searched(page) {
  const rows = page.locator('.failed tbody tr:visible');
  const all = await rows.count();
  await page.fill('#search', 'timeout 60');
  check('the search does not find the one row', await rows.count() === 1, `${await rows.count()} of ${all}`);
  check('the search does not say what it found', await page.textContent('#found') === `1 of ${all} shown`);
  await page.fill('#search', 'NO SUCH THING');
  check('the search finds what is not there', await rows.count() === 0);
  await page.fill('#search', '');
  check('an empty search hides rows', await rows.count() === all);
  const hostile = await page.textContent('.failed tbody tr:last-child');
  check('a hostile id is no text', hostile.includes('"><script>alert(1)</script>') && hostile.includes('<img src=x'), hostile);
  check('a control character is not escaped', hostile.includes('\\x1B[31mred'), hostile);
  check('an id became an element', await page.locator('img, .failed script').count() === 0);
}

async function look(browser, file) {
  const name = basename(file, '.html');
  const shoot = (page, kind) => pictures && page.screenshot({ path: join(pictures, `${name}-${kind}.png`), fullPage: name !== 'large' });
  for (const colorScheme of ['light', 'dark']) {
    await open(browser, file, { colorScheme }, async page => {
      await fits(page, `${name} ${colorScheme}`);
      await legible(page, `${name} ${colorScheme}`);
      if (name !== 'large') await accessible(page, `${name} ${colorScheme}`); // 5 000 rows take axe too long
      await shoot(page, colorScheme);
      if (name === 'usual' && colorScheme === 'light') await searched(page);
    });
  }
  await open(browser, file, { viewport: sizes.narrow }, async page => {
    await fits(page, `${name} narrow`);
    await legible(page, `${name} narrow`);
    await shoot(page, 'narrow');
  });
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
try {
  const files = readdirSync(folder).filter(name => name.endsWith('.html')).map(name => join(folder, name));
  check('there are too few pages', files.length >= 5, String(files.length));
  for (const file of files) await look(browser, file);
  const usual = join(folder, 'usual.html');
  await open(browser, usual, { javaScriptEnabled: false }, async page => {
    check('without script rows are missing', await page.locator('.failed tbody tr:visible').count() === 12);
    check('without script there is a search box', await page.locator('#search:visible').count() === 0);
    check('without script pictures are missing', await page.locator('svg.picture:visible').count() === 6);
  });
  if (pictures) {
    await open(browser, usual, { colorScheme: 'dark' }, page => page.pdf({ path: join(pictures, 'usual.pdf'), format: 'A4', margin: { top: '12mm', bottom: '12mm', left: '12mm', right: '12mm' } }));
  }
} finally {
  await browser.close();
}
console.log(`   ${checks} checks of the page in Chromium, ${findings} findings`);
process.exitCode = findings ? 1 : 0;
