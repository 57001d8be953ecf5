import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from '@playwright/test';
import { desktop, expect, languages, open, origin, phone, test, themes } from './explore';
import { inRepository, serve } from './server';

interface Count { rule: { id: string }; scope: { id: string }; count: number; counted: { id: string }[]; excluded: { id: string }[] }

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function read<Answer>(path: string): Promise<Answer> {
  return (await (await fetch(`${origin()}${path}`)).json()) as Answer;
}

async function report(page: Page, query = ''): Promise<void> {
  await page.goto(`${origin()}/report${query}`);
  await page.getByTestId('headline').waitFor();
}

test('the numbers are those of the service, and each opens its list', async ({ page }) => {
  const { target, counts } = await read<{ target: { statement: string }; counts: Count[] }>('/units?f=json&lang=en');
  await report(page, '?lang=en');
  await expect(page.getByTestId('headline')).toHaveText(target.statement);
  expect(counts.map(({ count }) => count), 'what the plan alone comes to').toEqual([13, 6, 0, 0, 0, 0]);
  expect(await page.getByTestId('counts').locator('tbody tr td:last-child').allInnerTexts()).toEqual(counts.map(({ count }) => String(count)));
  for (const { rule, scope, counted, excluded } of counts) {
    await page.getByTestId('counts').locator(`a[href="#list-${rule.id}-${scope.id}"]`).click();
    const list = page.locator(`#list-${rule.id}-${scope.id}`);
    await expect(list).toHaveAttribute('open', '');
    const shown = await list.locator('[data-unit]').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['unit']));
    expect(shown).toEqual([...counted, ...excluded].map(({ id }) => id));
  }
  const cards = await page.locator('.cards .big a').allInnerTexts();
  expect(cards).toEqual(counts.filter(({ scope }) => scope.id === 'all').map(({ count }) => String(count)));

  const progress = await read<{ indicators: { id: string; statement: string }[]; targets: { id: string; statement: string }[] }>('/progress?f=json&lang=en');
  for (const part of ['indicators', 'targets'] as const) {
    const rows = await page.getByTestId(part).locator('[data-row]').evaluateAll((all) => all.map((row) => [(row as HTMLElement).dataset['row'], row.querySelector('.state')?.textContent]));
    expect(rows).toEqual(progress[part].map(({ id, statement }) => [id, statement]));
  }
  await expect(page.locator('[data-block=nantaizihu-innovation-block]')).toContainText('11 are not named');
});

for (const lang of languages) {
  for (const theme of themes) {
    for (const [size, viewport] of Object.entries({ desktop, phone })) {
      test(`axe finds nothing on the report: ${lang}, ${theme}, ${size}`, async ({ page }) => {
        await page.setViewportSize(viewport);
        await report(page, `?lang=${lang}&theme=${theme}`);
        await page.locator('details summary').first().click();
        await page.evaluate(axe);
        const { violations } = await page.evaluate<AxeResults>(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] })`);
        expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`))).toEqual([]);
        const suspicious = await page.evaluate(() => document.body.innerText.match(/\{\w+\}|undefined|\bNaN\b|\[object|\bnull\b|words\./g) ?? []);
        expect(suspicious).toEqual([]);
      });
    }
  }
}

test('nothing scrolls sideways on a narrow phone', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await report(page, '?lang=en');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});

test('the day stands in the address, Back leads to the one before, files are of the same day', async ({ page }) => {
  await report(page, '?lang=zh&as_of=2025-12-31');
  await expect(page.locator('article')).toContainText('2025年12月31日');
  await page.locator('input[type=date]').fill('2024-06-30');
  await expect(page.locator('article')).toContainText('2024年6月30日');
  await expect(page).toHaveURL(/as_of=2024-06-30/);
  const file = await page.locator('.controls a', { hasText: 'PDF' }).getAttribute('href');
  const answer = await fetch(`${origin()}${file}`);
  expect(answer.headers.get('content-disposition')).toContain('units-2024-06-30-zh.pdf');
  await page.goBack();
  await expect(page.locator('article')).toContainText('2025年12月31日');
  await page.getByRole('button', { name: 'Switch to English' }).click();
  await expect(page.getByTestId('headline')).toContainText('Not evidenced');
  await expect(page).toHaveURL(/lang=en.*as_of=2025-12-31/);
});

test.describe('a day before the plan', () => {
  test.use({ mayComplain: true });
  test('is refused in the words of the service', async ({ page }) => {
    await page.goto(`${origin()}/report?lang=en&as_of=2020-12-31`);
    await expect(page.getByRole('alert')).toContainText('2020-12-31 is before the plan begins');
    await page.locator('input[type=date]').fill('2021-01-01');
    await expect(page.getByTestId('headline')).toContainText('2021-01-01');
  });
});

test('on paper there are no tools, and every list is open', async ({ page }) => {
  await report(page, '?lang=zh&theme=dark');
  await page.emulateMedia({ media: 'print' });
  await expect(page.locator('header')).toBeHidden();
  await expect(page.locator('.controls')).toBeHidden();
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  expect(await page.locator('details:not([open])').count()).toBe(0);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  expect(await page.locator('details[open]').count()).toBe(0);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('from the map to the report and back', async ({ page }) => {
  await open(page, '?lang=en');
  await page.getByRole('link', { name: 'Report', exact: true }).click();
  await page.getByTestId('headline').waitFor();
  await expect(page.getByRole('link', { name: 'Report', exact: true })).toHaveAttribute('aria-current', 'page');
  await page.getByRole('link', { name: 'Explore', exact: true }).click();
  await expect(page.getByTestId('map')).toBeVisible();
});

const designated = (from: number, to: number) => {
  const rows = [];
  for (let at = from; at <= to; at++) rows.push(`unit-${at},单元${at},Unit ${at},building,,designated,2024-05-${String(at).padStart(2, '0')},,Notice ${at},,`);
  return rows.join('\n') + '\n';
};

// Nothing designated is the shipped data, above.
for (const { what, register, observations, count, state } of [
  { what: 'under the target', register: designated(1, 7), observations: '', count: 7, state: 'Not met: 7' },
  { what: 'over the target', register: designated(1, 21), observations: 'unicorns,2024-12-31,3,count,Yearbook,,\n', count: 21, state: 'Met: 21' },
]) {
  test(`headline, cards, bars, table and service agree: ${what}`, async ({ browser }) => {
    const folder = mkdtempSync(join(tmpdir(), 'innospace-'));
    for (const part of ['geodata', 'seeds']) cpSync(inRepository(part), join(folder, part), { recursive: true });
    appendFileSync(join(folder, 'geodata/register.csv'), register);
    appendFileSync(join(folder, 'geodata/observations.csv'), observations);
    const server = await serve(join(folder, 'geodata'));
    const context = await browser.newContext({ viewport: desktop });
    try {
      const page = await context.newPage();
      await page.goto(`${server.url}/report?lang=en`);
      await expect(page.getByTestId('headline')).toContainText(state);
      await expect(page.locator('.cards [data-rule=designated] .big a')).toHaveText(String(count));
      await expect(page.getByTestId('counts').locator('a[href="#list-designated-all"]')).toHaveText(String(count));
      await expect(page.getByRole('img', { name: /Figure 1/ })).toHaveAttribute('aria-label', new RegExp(`designated, all: ${count};`));
      const [meter, whole] = await page.locator('.cards [data-rule=designated] .meter').evaluate((bar) => [bar.firstElementChild!.clientWidth, bar.clientWidth]);
      expect(Math.abs(meter! / whole! - Math.min(1, count / 20))).toBeLessThan(0.02);
      const units = (await (await fetch(`${server.url}/units?f=json&rule=designated&scope=all`)).json()) as { counts: Count[] };
      expect(units.counts.map((one) => one.count)).toEqual([count]);
      await expect(page.getByTestId('indicators').locator('[data-row=unicorns] .state')).toHaveText(observations === '' ? 'insufficient data' : 'met');
    } finally {
      await context.close();
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  });
}
