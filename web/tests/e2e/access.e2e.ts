import { violations } from './axe';
import { walk } from './keyboard';
import { desktop, expect, languages, looks, mapIdle, open, phone, rowKeys, test, always } from './explore';

for (const { lang, theme, size, viewport, details } of looks) {
  test(`axe finds nothing: ${lang}, ${theme}, ${size}`, details, async ({ page }) => {
    await page.setViewportSize(viewport);
    const wide = viewport === desktop;
    await open(page, `?lang=${lang}&theme=${theme}`);
    expect(await violations(page), 'first view').toEqual([]);

    if (!wide) await page.locator('details summary[aria-label]').click();
    const [help, about] = lang === 'zh' ? ['帮助', '关于'] : ['Help', 'About'];
    await page.getByRole('button', { name: help!, exact: true }).click();
    expect(await violations(page), 'help').toEqual([]);
    await page.keyboard.press('Escape');
    if (!wide) await page.locator('details summary[aria-label]').click();
    await page.getByRole('button', { name: about!, exact: true }).click();
    const licence = page.locator('dialog details').first();
    await licence.locator('summary').click();
    expect(await violations(page), 'about').toEqual([]);
    await page.keyboard.press('Escape');

    if (wide) await page.locator('.legend summary').click();
    else await page.locator('nav button').last().click();
    expect(await violations(page), 'legend and layers').toEqual([]);

    if (!wide) await page.locator('nav button').nth(2).click();
    else await page.locator('[data-part=belt]').click();
    expect(await violations(page), 'a part').toEqual([]);
    await page.locator('#panel [data-place="sites:business-city"]').first().click();
    await mapIdle(page);
    expect(await violations(page), 'a place').toEqual([]);

    await page.locator('header h1 button').click();
    await page.getByLabel(lang === 'zh' ? '筛选地点' : 'Filter places').fill('qwertz');
    expect(await violations(page), 'nothing found').toEqual([]);
  });
}

for (const [size, viewport] of Object.entries({ desktop, phone })) {
  test(`the Tab key reaches every control, shows where it is, and gets out again (${size})`, async ({ page }) => {
    await page.setViewportSize(viewport);
    await open(page, '?q=湖');
    const stops = await walk(page);
    expect(stops.filter(({ seen }) => !seen).map(({ name }) => name)).toEqual([]);
    expect(stops.filter(({ inWindow }) => !inWindow).map(({ name }) => name)).toEqual([]);
    const reached = new Set(stops.map(({ name }) => name));
    for (const key of await rowKeys(page)) expect(reached).toContain(key);
    const labels = stops.map(({ label }) => label).join('\n');
    for (const expected of ['跳到地点列表', '创新空间地图', 'Switch to English', '放大地图', '缩小地图', '在地图上显示全区']) expect(labels).toContain(expected);
  });
}

test('by keyboard alone: list, card, place, map, help, and back again', async ({ page }) => {
  await open(page);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.locator('#places')).toBeFocused();

  await page.locator('[data-part=core]').focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('#panel h2')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-part=core]')).toBeFocused();

  const row = page.locator('.places [data-place="sites:donghe-centre"]');
  await row.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('#panel h2')).toBeFocused();
  await expect(page.locator('#panel h2')).toHaveText('东合中心');
  await mapIdle(page);

  // The place chosen in the list stands under the crosshair of the map.
  await page.keyboard.press('Escape');
  await expect(row).toBeFocused();
  const canvas = page.locator('canvas');
  await canvas.focus();
  await page.keyboard.press('ArrowRight');
  await mapIdle(page);
  await page.keyboard.press('ArrowLeft');
  await mapIdle(page);
  const before = page.url();
  await page.keyboard.press('+');
  await mapIdle(page);
  await expect(page.locator('.crosshair')).toBeVisible();
  expect(page.url()).not.toBe(before);
  await page.keyboard.press('-');
  await mapIdle(page);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/sel=/);
  await canvas.focus();
  await page.keyboard.press('Escape');
  await expect(page.locator('#panel h2').first()).toBeFocused();

  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('/');
  await expect(page.locator('#search')).toBeFocused();
});

test('single-key shortcuts can be switched off, and stay off', async ({ page }) => {
  await open(page);
  await page.keyboard.press('?');
  await page.getByRole('checkbox', { name: /单键快捷键/ }).uncheck();
  await page.keyboard.press('Escape');
  await page.locator('[data-part=core]').focus();
  await page.keyboard.press('?');
  await page.keyboard.press('/');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.locator('#search')).not.toBeFocused();
  await page.reload();
  await mapIdle(page);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

const narrow: [string, { width: number; height: number }, string][] = [
  ['320 px', { width: 320, height: 640 }, '100%'],
  ['phone at 200 % text', phone, '200%'],
  ['desktop at 200 % text', desktop, '200%'],
];
for (const lang of languages) {
  for (const [name, viewport, text] of narrow) {
    test(`nothing scrolls sideways or is cut off: ${name}, ${lang}`, always((lang === 'zh') === (viewport === phone)), async ({ page }) => {
      await page.setViewportSize(viewport);
      await open(page, `?lang=${lang}`);
      await page.evaluate((size) => (document.documentElement.style.fontSize = size), text);
      const sideways = () =>
        page.evaluate(() => {
          const wide = document.documentElement.scrollWidth > innerWidth ? ['the page'] : [];
          const scrollers = [...document.querySelectorAll('body *')].filter((element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX) && element.clientWidth > 0);
          const out = [...document.querySelectorAll('button, summary, input, h2, h3, p, dd, dt, li')].filter((element) => {
            const box = element.getBoundingClientRect();
            return box.width > 1 && box.height > 1 && !element.closest('.skip') && (box.right > innerWidth + 1 || box.left < -1);
          });
          return [...wide, ...[...scrollers, ...out].map((element) => `${element.tagName}.${element.className} ${element.textContent?.trim().slice(0, 30)}`)];
        });
      expect(await sideways(), 'first view').toEqual([]);
      if (viewport !== desktop) {
        const up = page.getByRole('button', { name: lang === 'zh' ? '拉高面板' : 'Raise panel' });
        while (await up.isEnabled()) await up.click();
      }
      await page.locator('[data-part=point]').click();
      expect(await sideways(), 'a part').toEqual([]);
      await page.locator('#panel [data-place="sites:nantaizihu-innovation-valley"]').first().click();
      expect(await sideways(), 'a place').toEqual([]);
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog')).toBeVisible();
      expect(await sideways(), 'help').toEqual([]);
    });
  }
}

test('forced colours keep the borders of controls', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await open(page);
  const bare = await page.locator('.button:visible, [data-part]').evaluateAll((controls) => controls.filter((control) => parseFloat(getComputedStyle(control).borderTopWidth) < 1 || getComputedStyle(control).borderTopColor === 'rgba(0, 0, 0, 0)').length);
  expect(bare).toBe(0);
});
