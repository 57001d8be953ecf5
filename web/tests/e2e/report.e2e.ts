import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { violations } from './axe';
import { apart, appInfo, desktop, expect, items, looks, mapIdle, open, origin, phone, test, token } from './explore';
import { walk } from './keyboard';
import { decode } from './png';
import { over, shipped } from './zones';

interface Cells { count: number; statuses: Record<string, { count: number; units: string[] }> }
interface CrossRow extends Cells { part: { id: string | null; name: string }; types: (Cells & { type: string | null })[] }
interface Count { rule: { id: string }; scope: { id: string }; count: number; counted: { id: string }[]; excluded: { id: string }[]; cross: { rows: CrossRow[]; total: Cells; countedAgain: string[] } }

const statuses = ['built', 'in-progress', 'planned', 'unknown'];
const numbers = (cells: Cells) => [...statuses.map((status) => cells.statuses[status]!.count), cells.count].map(String);

/** Table 1 as the page has it: part, type, and the numbers of its row. */
async function table1(page: Page): Promise<string[][]> {
  return page.getByTestId('cross').locator('tr[data-type]').evaluateAll((rows) =>
    rows.map((row) => [
      (row.parentElement as HTMLElement).dataset['part'] ?? '', (row as HTMLElement).dataset['type'] ?? '',
      ...[...row.querySelectorAll('td.n')].map((cell) => cell.textContent!.trim()),
    ]),
  );
}

/** Table 1 as the service has it. */
function expected({ cross }: Count): string[][] {
  const rows = cross.rows.flatMap(({ part, types, ...all }) => [
    ...types.map((row) => [part.id ?? 'none', row.type ?? 'none', ...numbers(row)]),
    [part.id ?? 'none', 'all', ...numbers(all)],
  ]);
  return [...rows, ['total', 'all', ...numbers(cross.total)]];
}

/** Lengths of the bars of figure 1 for each state of each row, in units of the longest row of the service. */
async function bars(page: Page): Promise<{ status: string; width: number }[]> {
  return page.getByRole('img', { name: /Figure 1/ }).locator('rect[data-status]').evaluateAll((all) =>
    all.map((bar) => ({ status: (bar as HTMLElement).dataset['status'] ?? '', width: Number(bar.getAttribute('width')) + 1.5 })),
  );
}

async function agree(page: Page, count: Count): Promise<void> {
  expect(await table1(page)).toEqual(expected(count));
  const want = count.cross.rows.flatMap(({ types }) => types.flatMap((row) => statuses.map((status) => ({ status, count: row.statuses[status]!.count })))).filter(({ count }) => count > 0);
  const have = await bars(page);
  expect(have.map(({ status }) => status)).toEqual(want.map(({ status }) => status));
  const one = have.length === 0 ? 1 : have[0]!.width / want[0]!.count;
  have.forEach(({ width }, at) => expect(Math.abs(width / one - want[at]!.count)).toBeLessThan(0.02));
}

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

for (const { lang, theme, size, viewport, details } of looks) {
  test(`axe finds nothing on the report: ${lang}, ${theme}, ${size}`, details, async ({ page }) => {
    await page.setViewportSize(viewport);
    await report(page, `?lang=${lang}&theme=${theme}`);
    await page.locator('main details summary').first().click();
    expect(await violations(page)).toEqual([]);
    await page.getByTestId('cross').locator('button').first().click();
    await page.locator('.controls select').first().selectOption('drawn');
    expect(await violations(page), 'with a list and the drawn area').toEqual([]);
    const suspicious = await page.evaluate(() => document.body.innerText.match(/\{\w+\}|undefined|\bNaN\b|\[object|\bnull\b|words\./g) ?? []);
    expect(suspicious).toEqual([]);
  });
}

for (const viewport of [desktop, phone]) {
  test(`the Tab key reaches every control of the report, shows where it is, and gets out again: ${viewport.width} px`, async ({ page }) => {
    await page.setViewportSize(viewport);
    await report(page, '?lang=en');
    // Also after its tools were used: a list opened from a cell, the area drawn, another day.
    await page.getByTestId('cross').locator('button').first().click();
    await page.locator('.controls select').first().selectOption('drawn');
    const stops = await walk(page);
    expect(stops.filter(({ seen }) => !seen).map(({ name }) => name)).toEqual([]);
    expect(stops.filter(({ inWindow }) => !inWindow).map(({ name }) => name)).toEqual([]);
    const labels = stops.map(({ label }) => label).join('\n');
    for (const wanted of ['切换到中文', viewport.width < 900 ? 'More' : 'Share', 'Explore', 'Parcels', 'PDF', 'Word', 'Excel', 'Print', 'PNG, 3200 pixels', 'Count in it']) expect(labels).toContain(wanted);
    const lists = await page.locator('main summary').count();
    expect(stops.filter(({ label }) => /: \d+$/.test(label)).length).toBeGreaterThanOrEqual(lists);
  });
}

test('the search of the report leads to the place on the map; its link is copied', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await report(page, '?lang=en&as_of=2025-12-31');
  await page.getByRole('button', { name: 'Share' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/\/report\?lang=en&as_of=2025-12-31$/);
  await page.locator('#search').fill('donghe');
  await page.locator('[data-found]').first().click();
  await expect(page).toHaveURL(/\/\?.*sel=/);
  await expect(page.locator('#panel h2').first()).toContainText('Donghe');
});

test('table and figure 1 are those of the service, and every cell opens its list', async ({ page }) => {
  const { counts } = await read<{ counts: Count[] }>('/units?f=json&lang=en');
  await report(page, '?lang=en');
  for (const count of counts) {
    await page.getByTestId('shown').selectOption(`${count.rule.id} ${count.scope.id}`);
    await agree(page, count);
  }
  await page.getByTestId('shown').selectOption('named all');
  const named = counts[0]!.cross.rows.find(({ part }) => part.id === null)!;
  const parks = named.types.find(({ type }) => type === 'park')!;
  await page.getByTestId('cross').locator('tbody[data-part=none] tr[data-type=park] button').nth(1).click();
  await expect(page.getByTestId('cell')).toBeFocused();
  const listed = await page.getByTestId('cell').locator('[data-unit]').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['unit']));
  expect(listed).toEqual(parks.statuses['in-progress']!.units);
  expect(listed.length).toBe(5);
});

test('an area restricts every number, stands in the address, and files and figures are of it', async ({ page }) => {
  // Every file and figure is made, some in 3200 pixels.
  test.slow();
  const area = 'belts:belt-smart-manufacturing';
  const { counts, area: told } = await read<{ counts: Count[]; area: { statement: string } }>(`/units?f=json&lang=en&within=${area}`);
  expect(counts[0]!.count).toBe(5);
  await report(page, '?lang=en');
  await page.getByRole('combobox', { name: 'Area', exact: true }).selectOption(area);
  await expect(page.getByTestId('area')).toContainText(told.statement);
  await expect(page).toHaveURL(/within=belts%3Abelt-smart-manufacturing/);
  await expect(page.locator('.cards [data-rule=named] .big a')).toHaveText('5');
  await expect(page.locator('.cards [data-rule=named]')).toContainText('5 without a known position');
  await agree(page, counts[0]!);
  const links = await page.locator('main a[href^="/reports/units"]').evaluateAll((all) => all.map((link) => link.getAttribute('href')!));
  expect(links.length).toBeGreaterThan(10);
  for (const link of links) {
    expect(link).toContain('within=');
    const answer = await fetch(`${origin()}${link}`);
    expect(answer.status, link).toBe(200);
    const width = /\.png.*width=(\d+)/.exec(link)?.[1];
    // The width stands in the head of a PNG file.
    if (width !== undefined) expect(new DataView(await answer.arrayBuffer()).getUint32(16), link).toBe(Number(width));
  }
  await page.goBack();
  await expect(page.locator('.cards [data-rule=named] .big a')).toHaveText('13');
  await page.getByRole('combobox', { name: 'Area', exact: true }).selectOption('drawn');
  await page.getByLabel(/Polygon/).fill('POLYGON((114.148 30.4987,114.168 30.4987,114.168 30.5187,114.148 30.5187,114.148 30.4987))');
  await page.getByRole('button', { name: 'Count in it' }).click();
  await expect(page.locator('.cards [data-rule=named] .big a')).toHaveText('1');
  await page.getByRole('combobox', { name: 'Target year' }).selectOption({ label: '2025' });
  await expect(page).toHaveURL(/as_of=2025-12-31.*polygon=/);
  await page.reload();
  await expect(page.locator('.cards [data-rule=named] .big a')).toHaveText('1');
});

test.describe('an area of the report', () => {
  test.use({ drawn: true });

  /** The count by the rule that counts all that are named, in the polygon of the address. */
  const countIn = async (polygon: string) => (await read<{ counts: Count[] }>(`/units?f=json&lang=en&polygon=${encodeURIComponent(polygon)}`)).counts.find(({ rule, scope }) => rule.id === 'named' && scope.id === 'all')!.count;
  const named = (page: Page) => page.locator('.cards [data-rule=named] .big a');
  const polygonOf = (page: Page) => new URL(page.url()).searchParams.get('polygon') ?? '';

  for (const hand of ['mouse', 'keyboard'] as const) {
    test(`is drawn on a map by ${hand}`, async ({ page }) => {
      await report(page, '?lang=en');
      await page.getByRole('combobox', { name: 'Area', exact: true }).selectOption('drawn');
      await page.getByRole('button', { name: 'Draw on the map' }).click();
      const dialog = page.getByRole('dialog');
      await mapIdle(page);
      const apply = dialog.getByRole('button', { name: 'Count in it' });
      const canvas = dialog.locator('canvas');
      const box = (await canvas.boundingBox())!;
      const corners = [[0.45, 0.05], [0.95, 0.05], [0.95, 0.55], [0.7, 0.7], [0.45, 0.55]].map(([x, y]) => ({ x: box.x + x! * box.width, y: box.y + y! * box.height }));
      const add = async (at: { x: number; y: number }, step: string) => {
        if (hand === 'mouse') return page.mouse.click(at.x, at.y);
        await canvas.press(step);
        await mapIdle(page);
        await canvas.press('Enter');
      };
      const steps = ['ArrowUp', 'ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowLeft'];
      for (const [at, corner] of corners.slice(0, 2).entries()) await add(corner, steps[at]!);
      await expect(apply).toBeDisabled();
      for (const [at, corner] of corners.slice(2).entries()) await add(corner, steps[at + 2]!);
      await expect(dialog.getByRole('status').filter({ hasText: 'about' })).toHaveText(/^about [\d,]+ ha$/);
      if (hand === 'keyboard') await canvas.press('Backspace');
      else await dialog.getByRole('button', { name: 'Take back' }).click();
      await apply.click();
      await expect(dialog).toHaveCount(0);
      await expect.poll(() => polygonOf(page)).toMatch(/^POLYGON\(\((-?[\d.]+ -?[\d.]+(, )?){5}\)\)$/);
      const expected = await countIn(polygonOf(page));
      await expect(named(page)).toHaveText(String(expected));
      if (hand === 'mouse') expect(expected).toBeGreaterThan(0);
      await expect(page.getByTestId('area')).toBeVisible();
    });
  }

  test.describe('that the service refuses', () => {
    test.use({ mayComplain: true });
    test('is pasted in another system; one of many corners leaves an id in the link, which restores it; one that is not there is told of', async ({ page, context }) => {
      await report(page, '?lang=en');
      await page.getByRole('combobox', { name: 'Area', exact: true }).selectOption('drawn');
      const field = page.getByLabel(/Polygon/);
      const count = page.getByRole('button', { name: 'Count in it' });
      // So many corners around the place where all that is named near the middle lies, 12 km wide, in EPSG 4547: easting 500 km is 114 degrees.
      const around = Array.from({ length: 120 }, (_, corner) => `${(3_376_000 + 6_000 * Math.sin((corner * Math.PI) / 60)).toFixed(2)} ${(516_000 + 6_000 * Math.cos((corner * Math.PI) / 60)).toFixed(2)}`);
      await field.fill(around.join('\n'));
      await count.click();
      await expect.poll(() => new URL(page.url()).searchParams.get('drawing') ?? '').toMatch(/^[0-9a-f]{32}$/);
      expect(polygonOf(page)).toBe('');
      const kept = (await (await fetch(`${origin()}/drawings/${new URL(page.url()).searchParams.get('drawing')}`)).json()) as object;
      const expected = await countIn(JSON.stringify(kept));
      expect(expected).toBeGreaterThan(0);
      await expect(named(page)).toHaveText(String(expected));
      const other = await context.newPage();
      await other.goto(page.url());
      await expect(named(other)).toHaveText(String(expected));
      await expect(other.getByTestId('area')).toBeVisible();
      await field.fill('POLYGON((114 30,115 31,115 30,114 31,114 30))');
      await count.click();
      await expect(page.locator('.said')).not.toBeEmpty();
      await other.goto(`${origin()}/report?lang=en&drawing=${'0'.repeat(32)}`);
      await expect(other.locator('.said')).toContainText('0'.repeat(32));
      await expect(named(other)).toHaveText('13');
    });
  });
});

test('the picture of the map has core, axis and water where they are, a legend and the day of the data', async ({ page }) => {
  await report(page, '?lang=en');
  const link = (form: string) => page.locator(`main a[href*="/figures/2.${form}"]`).first().getAttribute('href');
  const [pngLink, svgLink] = await Promise.all([link('png'), link('svg')]);
  const png = decode(Buffer.from(await (await fetch(`${origin()}${pngLink}`)).arrayBuffer()));
  const svg = await (await fetch(`${origin()}${svgLink}`)).text();
  expect(png.width).toBe(1600);
  const scale = png.width / Number(/viewBox="0 0 (\d+)/.exec(svg)![1]);
  const ink = async (name: string) => token(page, name);
  const at = ([x, y]: [number, number]) => png.at(x * scale, y * scale);
  /** The pixel that is nearest to a colour within so many pixels. */
  const nearest = ([x, y]: [number, number], color: readonly number[], within = 3) => {
    const all = Array.from({ length: (2 * within + 1) ** 2 }, (_, index) => png.at(Math.round(x * scale) + (index % (2 * within + 1)) - within, Math.round(y * scale) + Math.floor(index / (2 * within + 1)) - within));
    return Math.min(...all.map((pixel) => apart(pixel, color)));
  };
  // The axis is drawn once on the map and once in the legend, which comes later. Its vertices are those of the data in Web Mercator.
  const axis = await ink('axis');
  const hex = `#${axis.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
  const lines = [...svg.matchAll(/<path[^>]*>/g)].map(([path]) => path).filter((path) => path.includes(`stroke="${hex}"`) && path.includes('stroke-width="3.6"')).map((path) => [.../ d="([^"]+)"/.exec(path)![1]!.matchAll(/([-\d.]+) ([-\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as [number, number]));
  expect(lines).toHaveLength(2);
  const mercator = ([longitude, latitude]: readonly [number, number]): [number, number] => [(longitude * Math.PI) / 180, -Math.log(Math.tan(Math.PI / 4 + (latitude * Math.PI) / 360))];
  const [feature] = (await items('axes')).features;
  const flat = (feature!.geometry!.coordinates as unknown as [number, number][]).map(mercator);
  const [line, sample] = lines as [[number, number][], [number, number][]];
  const zoom = (line.at(-1)![0] - line[0]![0]) / (flat.at(-1)![0] - flat[0]![0]);
  const place = (position: readonly [number, number]): [number, number] => {
    const [x, y] = mercator(position);
    return [line[0]![0] + (x - flat[0]![0]) * zoom, line[0]![1] + (y - flat[0]![1]) * zoom];
  };
  const vertices = feature!.geometry!.coordinates as unknown as [number, number][];
  const drawn = vertices.map(place);
  // Each vertex that was drawn is one of the data: the picture has one scale in both directions.
  for (const [x, y] of line) expect(Math.min(...drawn.map(([a, b]) => Math.hypot(a - x, b - y)))).toBeLessThan(0.1);
  // Names stand over some of them.
  expect(drawn.filter((spot) => nearest(spot, axis, 0) < 16).length).toBeGreaterThan(vertices.length / 2);
  expect(apart(at([(sample[0]![0] + sample[1]![0]) / 2, (sample[0]![1] + sample[1]![1]) / 2]), axis), 'in the legend').toBeLessThan(16);

  const core = await ink('core');
  const edge = ((await items('cores')).features[0]!.geometry!.coordinates as unknown as [number, number][][])[0]!.map(place);
  expect(edge.filter((spot) => nearest(spot, core) < 24).length, 'the dashed edge of the core').toBeGreaterThan(edge.length / 3);

  const water = await ink('water');
  const middles = (await items('water')).features.flatMap(({ geometry }) => {
    if (geometry?.type !== 'Polygon') return [];
    const ring = (geometry.coordinates as unknown as [number, number][][])[0]!;
    return [[0, 1].map((axis) => ring.slice(1).reduce((sum, position) => sum + position[axis]!, 0) / (ring.length - 1)) as [number, number]];
  });
  const inside = middles.map(place).filter(([x, y]) => x > 0 && x < png.width / scale && y > 0 && y < png.height / scale);
  expect(inside.filter((spot) => nearest(spot, water) < 16).length, 'lakes').toBeGreaterThanOrEqual(Math.min(3, inside.length));

  const { data_date: day } = await appInfo();
  expect(svg).toContain(`Data ${day}`);
  // The line that says so stands at the foot, in the ink of notes.
  const note = await ink('tx2');
  let dark = 0;
  for (let y = png.height - 60; y < png.height; y++) for (let x = 0; x < png.width; x++) if (apart(png.at(x, y), note) < 24) dark += 1;
  expect(dark).toBeGreaterThan(500);
});

// Points of the paper are 1/72 of an inch; A4 is 210 by 297 mm.
for (const [paper, size] of [['portrait', [595, 842]], ['landscape', [842, 595]]] as const) {
  test(`on A4 ${paper} the report has its pages, no tools, and heads of tables again on each`, async ({ browser }) => {
    test.slow();
    const fifty = designated(1, 25) + designated(1, 25).replaceAll('unit-', 'more-').replaceAll('Unit ', 'More ');
    await over(browser, (folder) => registered(shipped(folder), fifty), async (page, url) => {
      await page.goto(`${url}/report?lang=en&theme=dark`);
      await page.getByTestId('headline').waitFor();
      await page.getByRole('combobox', { name: 'Paper' }).selectOption(paper);
      await page.locator('img.map').evaluate((map: HTMLImageElement) => map.decode());
      // Three pixels of the image for each of the page.
      expect(await page.locator('img.map').evaluate((map: HTMLImageElement) => map.naturalWidth)).toBe(2880);
      await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
      const file = test.info().outputPath('report.pdf');
      await page.pdf({ path: file, preferCSSPageSize: true, printBackground: true });
      const about = execFileSync('pdfinfo', [file], { encoding: 'utf8' });
      const [wide, high] = /Page size:\s+([\d.]+) x ([\d.]+)/.exec(about)!.slice(1).map(Number);
      expect([Math.round(wide!), Math.round(high!)]).toEqual([...size]);
      const pages = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).split('\f').slice(0, -1);
      expect(pages.length).toBe(Number(/Pages:\s+(\d+)/.exec(about)![1]));
      expect(pages.length).toBeGreaterThanOrEqual(8);
      expect(pages.length).toBeLessThanOrEqual(60);
      const text = pages.join('\n');
      for (const tool of ['Excel', 'PNG', 'Print', 'Switch to', 'Target year', 'Paper']) expect(text, tool).not.toContain(tool);
      for (const part of ['Figure 1.', 'Figure 2.', 'Table 1.', 'Figure 3.']) expect(pages.filter((one) => one.includes(part)).length, part).toBe(1);
      // A list of 50 units goes over more than one page, each with the head of its table.
      const lists = pages.filter((one) => /(unit|more)-\d+/.test(one));
      expect(lists.length).toBeGreaterThan(3);
      for (const one of lists) expect(one).toMatch(/Unit\s+Type\s+Reason/);
    });
  });
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
    await page.goBack();
    await page.getByRole('alert').getByRole('button', { name: 'Day of the data' }).click();
    await expect(page.getByTestId('headline')).toBeVisible();
    await expect(page).not.toHaveURL(/as_of/);
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

/** A data folder with more in its register, and with observations. */
function registered(data: string, register: string, observations = ''): string {
  appendFileSync(join(data, 'register.csv'), register);
  appendFileSync(join(data, 'observations.csv'), observations);
  return data;
}

// Nothing designated is the shipped data, above.
for (const { what, register, observations, count, state } of [
  { what: 'under the target', register: designated(1, 7), observations: '', count: 7, state: 'Not met: 7' },
  { what: 'over the target', register: designated(1, 21), observations: 'unicorns,2024-12-31,3,count,Yearbook,,\n', count: 21, state: 'Met: 21' },
]) {
  test(`headline, cards, bars, table and service agree: ${what}`, async ({ browser }) => {
    await over(browser, (folder) => registered(shipped(folder), register, observations), async (page, url) => {
      await page.goto(`${url}/report?lang=en`);
      await expect(page.getByTestId('headline')).toContainText(state);
      await expect(page.locator('.cards [data-rule=designated] .big a')).toHaveText(String(count));
      await expect(page.getByTestId('counts').locator('a[href="#list-designated-all"]')).toHaveText(String(count));
      await expect(page.getByRole('img', { name: /Figure 3/ })).toHaveAttribute('aria-label', new RegExp(`designated, all: ${count};`));
      const [meter, whole] = await page.locator('.cards [data-rule=designated] .meter').evaluate((bar) => [bar.firstElementChild!.clientWidth, bar.clientWidth]);
      expect(Math.abs(meter! / whole! - Math.min(1, count / 20))).toBeLessThan(0.02);
      const units = (await (await fetch(`${url}/units?f=json&rule=designated&scope=all`)).json()) as { counts: Count[] };
      expect(units.counts.map((one) => one.count)).toEqual([count]);
      // Of units that only the register names nobody states a status: a column of its own, neither none nor planned.
      await page.getByTestId('shown').selectOption('designated all');
      await agree(page, units.counts[0]!);
      expect(numbers(units.counts[0]!.cross.total)).toEqual(['0', '0', '0', String(count), String(count)]);
      await expect(page.getByTestId('indicators').locator('[data-row=unicorns] .state')).toHaveText(observations === '' ? 'insufficient data' : 'met');
    });
  });
}
