import { apart, appInfo, desktop, expect, items, mapIdle, open, phone, picture, rowKeys, test, token, usualPlaces, windowPoint } from './explore';

test.use({ drawn: true });

test('the four cards show the counts of the service', async ({ page }) => {
  await open(page);
  const count = async (part: string) => Number((await page.locator(`[data-count=${part}]`).innerText()).replaceAll(',', ''));
  expect(await count('core')).toBe((await items('cores')).numberMatched);
  expect(await count('axis')).toBe((await items('axes')).numberMatched);
  expect(await count('belt')).toBe((await items('belts')).numberMatched);
  const [sites, facilities] = await Promise.all(['sites', 'facilities'].map((id) => items(id, '&named_unit=true')));
  expect(await count('point')).toBe(sites!.numberMatched + facilities!.numberMatched);
  await expect(page.locator('[data-part]')).toHaveText([/一核/, /一轴/, /两带/, /多点/]);
});

test('a card highlights its part, fits the map and says what belongs to it', async ({ page }) => {
  await open(page, '?map=113.90000,30.25000,12.00');
  await page.locator('[data-part=core]').click();
  await mapIdle(page);
  await expect(page.getByRole('heading', { name: '一核', exact: true })).toBeFocused();
  await expect(page.locator('#panel')).toContainText('车谷创新服务中心');
  await expect(page).toHaveURL(/card=core/);
  const [core] = (await items('cores')).features;
  const [ring] = core!.geometry!.coordinates as [number, number][][];
  for (const corner of ring!) {
    const { x, y } = await windowPoint(page, corner);
    expect(x > 380 && x < desktop.width && y > 56 && y < desktop.height, `corner ${corner} is on the map`).toBe(true);
  }
  // The axis is not part of the core, so it fades; before, its line had its full colour.
  const [axis] = (await items('axes')).features;
  const middle = (axis!.geometry!.coordinates as [number, number][])[8]!;
  const { x, y } = await windowPoint(page, middle);
  const fading = (await picture(page)).at(x, y);
  expect(apart(fading, await token(page, 'axis'))).toBeGreaterThan(60);
});

test('the map is not blank: core, axis and water have their colours at known places', async ({ page }) => {
  await open(page, '?v=1&map=114.10000,30.41000,11.50&layers=water,cores,axes');
  const shot = await picture(page);
  const at = async (position: [number, number]) => {
    const { x, y } = await windowPoint(page, position);
    return shot.at(x, y);
  };
  const [land, core, axis, water] = await Promise.all(['land', 'core', 'axis', 'water'].map((name) => token(page, name)));
  const [axisFeature] = (await items('axes')).features;
  const corner = (axisFeature!.geometry!.coordinates as [number, number][])[9]!;
  expect(apart(await at(corner), axis!)).toBeLessThan(12);
  const tinted = land!.map((value, channel) => value * 0.85 + core![channel]! * 0.15);
  expect(apart(await at([114.138, 30.404]), tinted)).toBeLessThan(12);
  expect(apart(await at([114.06, 30.37]), land!)).toBeLessThan(12);
  // The west end of the lake's widest reach, away from the name in its middle.
  const lake = (await items('water')).features.find(({ id }) => id === 'zhushan-lake')!;
  const [ring] = lake.geometry!.coordinates as [number, number][][];
  const latitude = ring!.reduce((sum, position) => sum + position[1], 0) / ring!.length;
  const shores = ring!.slice(1).flatMap(([x1, y1], index) => {
    const [x0, y0] = ring![index]!;
    return y0 > latitude !== y1 > latitude ? [x0 + ((latitude - y0) / (y1 - y0)) * (x1 - x0)] : [];
  });
  const [west, east] = shores.toSorted((one, other) => one - other) as [number, number];
  expect(apart(await at([west + (east - west) * 0.15, latitude]), water!)).toBeLessThan(12);
});

for (const [name, viewport] of Object.entries({ desktop, phone })) {
  test(`a press on the map opens the place with basis, accuracy and plan section (${name})`, async ({ page }) => {
    await page.setViewportSize(viewport);
    // On a phone the middle of the map lies under the sheet, so the place is kept north of it.
    await open(page, `?map=114.15800,${viewport === phone ? '30.50000' : '30.50870'},14.00`);
    const middle = await windowPoint(page, [114.158, 30.5087]);
    await page.mouse.click(middle.x, middle.y);
    const panel = page.locator('#panel');
    await expect(panel.getByRole('heading', { name: '东合中心' })).toBeVisible();
    await expect(page).toHaveURL(/sel=sites:donghe-centre/);
    const row = (label: string) => panel.locator('dl > div', { has: page.locator('dt', { hasText: new RegExp(`^${label}$`) }) }).locator('dd');
    const feature = (await items('sites')).features.find(({ id }) => id === 'donghe-centre')!;
    await expect(row('位置精度')).toContainText(`±${feature.properties['accuracy_m']} 米`);
    await expect(row('位置依据')).toHaveText('地名资料');
    for (const section of feature.properties['plan_refs'] as string[]) await expect(row('规划章节')).toContainText(section);
    await expect(row('数据日期')).not.toBeEmpty();
    // The areas beneath are listed too, and the place itself is never under the panel.
    await expect(panel.locator('.also')).toContainText('南太子湖创新街区');
    await mapIdle(page);
    const { x, y } = await windowPoint(page, [114.158, 30.5087]);
    const covered = await page.evaluate(([px, py]) => document.elementFromPoint(px!, py!)?.closest('#panel') !== null, [x, y]);
    expect(covered).toBe(false);
  });
}

test('places at the same position are all listed', async ({ page }) => {
  await open(page, '?map=114.14960,30.52600,14.00');
  const { x, y } = await windowPoint(page, [114.1496, 30.526]);
  await page.mouse.click(x, y);
  const shared = (await items('facilities')).features.filter(({ geometry }) => JSON.stringify(geometry?.coordinates) === '[114.1496,30.526]');
  expect(shared.length).toBeGreaterThan(1);
  await expect(page.locator('#panel h2')).toHaveText(String(shared[0]!.properties['name_zh']));
  for (const { properties } of shared.slice(1)) await expect(page.locator('.also')).toContainText(String(properties['name_zh']));
});

test('the list holds the same places as the map, and those without a position', async ({ page }) => {
  await open(page);
  const expected = await usualPlaces();
  expect((await rowKeys(page)).toSorted()).toEqual(expected.map(({ key }) => key).toSorted());
  await expect(page.locator('#places .count')).toHaveText(String(expected.length));
  const unlocated = expected.filter(({ located }) => !located);
  expect(unlocated.length).toBeGreaterThan(0);
  await expect(page.locator('.places [data-place]', { hasText: '位置未定' })).toHaveCount(unlocated.length);

  await page.getByLabel('筛选地点').fill('人工智能科技园');
  await page.locator('[data-place="sites:ai-tech-park"]').click();
  await expect(page.locator('#panel')).toContainText('规划没有给出位置');
  await expect(page.locator('#panel .buttons')).not.toContainText('在地图上显示');
});

test('the filter finds by either name, says how many, and adds no history', async ({ page }) => {
  await open(page);
  const before = await page.evaluate(() => history.length);
  const field = page.getByLabel('筛选地点');
  await field.pressSequentially('valley lake');
  await expect(page.locator('.places [data-place="sites:nantaizihu-innovation-valley"]')).toBeVisible();
  const rows = await page.locator('.places [data-place]').count();
  await expect(page.locator('#panel [role=status]')).toContainText(`找到 ${rows} 个地点`);
  await field.fill('没有这样的地方');
  await expect(page.locator('.places')).toContainText('没有名称相符的地点');
  expect(await page.evaluate(() => history.length)).toBe(before);
  await page.getByRole('button', { name: '清除' }).click();
  await expect(page.locator('[data-part]')).toHaveCount(4);
});

test('layers are switched for map and list together; the synthetic layer is loaded only when asked for', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await open(page);
  const { collections } = await appInfo();
  const synthetic = collections.find((collection) => collection.synthetic)!;
  const path = `/ogc/collections/${synthetic.id}/items`;
  expect(asked).not.toContain(path);
  await page.locator('.legend summary').click();
  const box = page.getByRole('checkbox', { name: synthetic.title!.zh! });
  await expect(box).not.toBeChecked();
  await box.check();
  await expect(page.locator('.synthetic')).toContainText('合成样例');
  // Parcels are drawn from zoom 11 on, and the map says so before.
  const hint = page.locator('.notes .hint');
  await expect(hint).toHaveText('地块放大后显示');
  await expect(async () => {
    await page.getByRole('button', { name: '放大地图' }).click();
    await mapIdle(page);
    await expect(hint).toHaveCount(0, { timeout: 500 });
  }).toPass();
  await expect(page.locator('#places .count')).toHaveText(new Intl.NumberFormat('zh-CN').format((await usualPlaces()).length + synthetic.count));
  expect(asked).toContain(path);
  // A long group shows its first rows and a way to the others.
  expect((await rowKeys(page)).length).toBeLessThan(400);
  await box.uncheck();
  await expect(page.locator('.synthetic')).toHaveCount(0);
  await page.getByRole('checkbox', { name: '水系' }).uncheck();
  await expect(page.locator('[data-place="water:nantaizi-lake"]')).toHaveCount(0);
  await expect(page).toHaveURL(/layers=/);
});

test('scale, reference system, date and source stand on the map; no approval number, no slot', async ({ page }) => {
  await open(page);
  const app = await appInfo();
  const notes = page.locator('.notes');
  await expect(notes.getByRole('img', { name: /地图比例尺/ })).toBeVisible();
  await expect(notes).toContainText('WGS 84');
  await expect(notes).toContainText('2026年11月24日');
  await expect(notes).toContainText(app.attribution!.zh!);
  await expect(notes.getByText('审图号')).toHaveCount(app.approval_number ? 1 : 0);
  await expect(page.getByRole('note')).toContainText('核、轴、带为规划示意范围，不作为用地边界依据');
});

test('an approval number is shown when the service has one', async ({ page }) => {
  await page.route('**/app.json', async (route) => route.fulfill({ json: { ...(await appInfo()), approval_number: 'GS(2026)0001' } }));
  await open(page);
  await expect(page.locator('.notes')).toContainText('审图号：GS(2026)0001');
});

test('the sheet of a phone has three stops, by button and by finger', async ({ page }) => {
  await page.setViewportSize(phone);
  await open(page);
  const sheet = page.locator('#panel');
  const height = async () => Math.round((await sheet.boundingBox())!.height);
  const middle = Math.round(phone.height * 0.45);
  expect(Math.abs((await height()) - middle)).toBeLessThan(3);
  await page.getByRole('button', { name: '拉高面板' }).click();
  await expect.poll(height).toBeGreaterThan(phone.height * 0.85);
  await page.getByRole('button', { name: '放低面板' }).click();
  await page.getByRole('button', { name: '放低面板' }).click();
  await expect.poll(height).toBe(96);
  const grip = (await page.locator('.grip').boundingBox())!;
  await page.mouse.move(grip.x + 20, grip.y + 2);
  await page.mouse.down();
  await page.mouse.move(grip.x + 20, phone.height - middle + 10, { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => Math.abs((await height()) - middle)).toBeLessThan(3);
});

test('targets of a phone are at least 44 pixels', async ({ page }) => {
  await page.setViewportSize(phone);
  await open(page);
  const small = await page.locator('button:visible, summary:visible, input:visible').evaluateAll((controls) =>
    controls
      .filter((control) => !control.closest('.notes'))
      .map((control) => ({ name: control.textContent?.trim() || control.getAttribute('aria-label'), box: control.getBoundingClientRect() }))
      .filter(({ box }) => box.width < 44 || box.height < 44)
      .map(({ name, box }) => `${name} ${box.width}×${box.height}`),
  );
  expect(small).toEqual([]);
});

test('the theme changes page, map and signs', async ({ page }) => {
  await open(page, '?map=114.10000,30.41000,11.50&layers=cores,axes');
  const [axisFeature] = (await items('axes')).features;
  const corner = await windowPoint(page, (axisFeature!.geometry!.coordinates as [number, number][])[9]!);
  const light = (await picture(page)).at(corner.x, corner.y);
  await page.getByRole('button', { name: /^主题/ }).click();
  await page.getByRole('button', { name: /^主题/ }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const dark = (await picture(page)).at(corner.x, corner.y);
  expect(apart(dark, await token(page, 'axis'))).toBeLessThan(12);
  expect(apart(light, dark)).toBeGreaterThan(60);
});

test('the system’s dark theme is followed as long as the choice is automatic', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await open(page);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});
