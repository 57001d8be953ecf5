import { execFileSync } from 'node:child_process';
import { apart, expect, mapIdle, open, origin, test, windowPoint } from './explore';
import { decode } from './png';

test.use({ drawn: true });

test('the language changes page, map, title and lang without reload or lost state', async ({ page }) => {
  await open(page, '?sel=cores:core-chegu-innovation&map=114.13000,30.40000,11.30');
  await page.evaluate(() => ((window as unknown as { kept: boolean }).kept = true));
  const name = await windowPoint(page, [114.13, 30.352]);
  const clip = { x: name.x - 140, y: name.y - 30, width: 280, height: 120 };
  const chinese = await page.screenshot({ clip });
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await page.getByRole('button', { name: 'Switch to English' }).click();
  await mapIdle(page);
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page).toHaveTitle(/Chegu Innovation Core/);
  await expect(page.locator('#panel h2')).toHaveText('Chegu Innovation Core');
  await expect(page.locator('canvas')).toHaveAttribute('aria-label', /Map of the innovation space/);
  await expect(page.locator('section.legend')).toContainText('Smart-manufacturing Innovation Belt');
  await expect(page).toHaveURL(/sel=cores:core-chegu-innovation/);
  await expect(page).toHaveURL(/map=114\.13000,30\.40000,11\.30/);
  expect(await page.evaluate(() => (window as unknown as { kept?: boolean }).kept)).toBe(true);
  expect(chinese.equals(await page.screenshot({ clip })), 'the map’s names have changed').toBe(false);
  await page.getByRole('button', { name: '切换到中文' }).click();
  await expect(page.locator('#panel h2')).toHaveText('车谷创新核心区');
});

for (const lang of ['zh', 'en'] as const) {
  test(`no untranslated key, unfilled slot or missing value (${lang})`, async ({ page }) => {
    await open(page, `?lang=${lang}`);
    const suspicious = () =>
      page.evaluate(() => {
        const words = document.body.innerText + [...document.querySelectorAll('[aria-label],[title],[placeholder]')].map((part) => ['aria-label', 'title', 'placeholder'].map((name) => part.getAttribute(name) ?? '').join('\n')).join('\n');
        return words.match(/\{\w+\}|undefined|\bNaN\b|\[object|\bnull\b|words\./g) ?? [];
      });
    expect(await suspicious()).toEqual([]);
    // The rest needs no map, and without one it goes much faster.
    await page.addInitScript(() => {
      const draw = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
        return kind.startsWith('webgl') ? null : (draw as (...all: unknown[]) => unknown).call(this, kind, ...rest);
      } as typeof draw;
    });
    await page.goto(`${origin()}/?lang=${lang}`);
    for (const part of ['core', 'axis', 'belt', 'point']) {
      await page.locator(`[data-part=${part}]`).click();
      expect(await suspicious()).toEqual([]);
      await page.locator('#panel .bar button').click();
    }
    for (const key of ['sites:donghe-centre', 'belts:belt-emerging-industry', 'facilities:chegu-laboratory', 'zone:wedz', 'water:yangtze-river', 'regions:chegu-corridor']) {
      await page.locator(`.places [data-place="${key}"]`).evaluate((row) => row.closest('details')!.setAttribute('open', ''));
      await page.locator(`.places [data-place="${key}"]`).click();
      expect(await suspicious()).toEqual([]);
      await page.locator('#panel .bar button').click();
    }
  });
}

test('English says its own words in English', async ({ page }) => {
  await open(page, '?lang=en');
  // Section numbers and names of the plan stay Chinese; the rest of the frame does not.
  const frame = await page.evaluate(() => [...document.querySelectorAll('header, .intro, .legend, .notes, .controls, [role=note]')].map((part) => (part as HTMLElement).innerText).join('\n'));
  // The button to Chinese names itself in Chinese.
  expect(frame.replace(/中|切换到中文/g, '')).not.toMatch(/\p{Script=Han}/u);
});

test('沌口 shows in page and map as real glyphs, from the shipped font when the machine has none', async ({ page }) => {
  const fonts: string[] = [];
  page.on('response', (response) => {
    if (response.url().includes('edz-han') && response.ok()) fonts.push(response.url());
  });
  await open(page, '?map=114.17500,30.47000,12.40&layers=subdistricts&q=沌口');
  await expect(page.locator('[data-place="subdistricts:street-zhuankou"]')).toContainText('沌口街道');
  const localFonts = execFileSync('fc-list', [':lang=zh', 'family'], { encoding: 'utf8' }).trim();
  if (localFonts === '') expect(fonts.some((url) => url.includes('edz-han-400'))).toBe(true);

  // A missing glyph is drawn as the same box for every character.
  const drawn = await page.evaluate(async () => {
    await document.fonts.load('48px "EDZ Han"', '沌');
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 });
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    return ['沌', '口', '\u{F0000}'].map((character) => {
      context.clearRect(0, 0, 64, 64);
      context.font = '48px "EDZ Latin", "EDZ Han"';
      context.fillText(character, 4, 52);
      return [...context.getImageData(0, 0, 64, 64).data].filter((_, index) => index % 4 === 3).join('');
    });
  });
  expect(new Set(drawn).size).toBe(3);

  const area = { x: 400, y: 120, width: 900, height: 640 };
  await mapIdle(page);
  const real = decode(await page.screenshot({ clip: area }));
  await page.route('**/collections/subdistricts/items*', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll('沌口街道', '\u{F0000}\u{F0000}\u{F0000}\u{F0000}') });
  });
  await page.reload();
  await mapIdle(page);
  const boxes = decode(await page.screenshot({ clip: area }));
  let different = 0;
  for (let y = 0; y < real.height; y++) for (let x = 0; x < real.width; x++) if (apart(real.at(x, y), boxes.at(x, y)) > 60) different += 1;
  expect(different, 'pixels of the name on the map that differ from empty boxes').toBeGreaterThan(80);
});
