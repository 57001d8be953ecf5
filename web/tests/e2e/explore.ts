// The page as the tests see it. Every page of every test records requests to other origins, which the browser
// does not resolve, and collects errors of the console; both must be empty at the end.
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';
import type { AppInfo } from '../../src/catalogue';
import { decode, type Picture } from './png';
import { drawNothing } from './undrawn';

export const origin = () => process.env['INNOSPACE_URL']!;
export const desktop = { width: 1280, height: 720 };
export const phone = { width: 390, height: 844 };

export async function guard(context: BrowserContext): Promise<{ foreign: string[]; complaints: string[] }> {
  const seen = { foreign: [] as string[], complaints: [] as string[] };
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (/^(https?|wss?):$/.test(url.protocol) && url.origin !== origin()) seen.foreign.push(request.url());
  });
  context.on('console', (message) => {
    if (message.type() === 'error') seen.complaints.push(message.text());
  });
  context.on('weberror', (failure) => seen.complaints.push(String(failure.error())));
  return seen;
}

/** `drawn`: maps are painted, for tests that look at them or draw on them. */
export const test = base.extend<{ mayComplain: boolean; drawn: boolean }>({
  mayComplain: [false, { option: true }],
  drawn: [false, { option: true }],
  viewport: desktop,
  context: async ({ context, mayComplain, drawn }, use) => {
    const seen = await guard(context);
    if (!drawn) await drawNothing(context);
    await use(context);
    expect(seen.foreign, 'requests that leave the origin').toEqual([]);
    if (!mayComplain) expect(seen.complaints, 'errors in the console').toEqual([]);
  },
});
export { expect };

export async function mapIdle(page: Page): Promise<void> {
  await page.locator('[data-map-idle="true"]').waitFor({ timeout: 40_000 });
}

export async function open(page: Page, query = ''): Promise<void> {
  await page.goto(`${origin()}/${query}`);
  await mapIdle(page);
}

export async function appInfo(): Promise<AppInfo> {
  return (await (await fetch(`${origin()}/app.json`)).json()) as AppInfo;
}

interface Items { numberMatched: number; features: { id: string; geometry: { type: string; coordinates: never } | null; properties: Record<string, unknown> }[] }

export async function items(collection: string, query = ''): Promise<Items> {
  return (await (await fetch(`${origin()}/ogc/collections/${collection}/items?limit=10000${query}`)).json()) as Items;
}

/** Ids of the places of the layers that are on at the start. */
export async function usualPlaces(): Promise<{ key: string; located: boolean }[]> {
  const { collections } = await appInfo();
  const usual = collections.filter((collection) => !collection.synthetic);
  const answers = await Promise.all(usual.map(async ({ id }) => ({ id, ...(await items(id)) })));
  return answers.flatMap(({ id, features }) => features.map((feature) => ({ key: `${id}:${feature.id}`, located: feature.geometry !== null })));
}

const rowKeys = (page: Page) => page.locator('.places [data-place]').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['place']!));
export { rowKeys };

/** The middle and the zoom of the map, from the address. */
function viewOf(page: Page): { longitude: number; latitude: number; zoom: number } {
  const [longitude, latitude, zoom] = new URL(page.url()).searchParams.get('map')!.split(',').map(Number);
  return { longitude: longitude!, latitude: latitude!, zoom: zoom! };
}

/** Where a position stands in the window, by the map's own projection (web Mercator, 512 pixel tiles). */
export async function windowPoint(page: Page, [longitude, latitude]: [number, number]): Promise<{ x: number; y: number }> {
  const view = viewOf(page);
  const box = (await page.getByTestId('map').boundingBox())!;
  const world = 512 * 2 ** view.zoom;
  const mercator = (degrees: number) => Math.log(Math.tan(Math.PI / 4 + (degrees * Math.PI) / 360));
  return {
    x: box.x + box.width / 2 + ((longitude - view.longitude) / 360) * world,
    y: box.y + box.height / 2 - ((mercator(latitude) - mercator(view.latitude)) / (2 * Math.PI)) * world,
  };
}

export async function picture(page: Page): Promise<Picture> {
  await mapIdle(page);
  return decode(await page.screenshot());
}

export async function token(page: Page, name: string): Promise<[number, number, number]> {
  const hex = await page.evaluate((asked) => getComputedStyle(document.documentElement).getPropertyValue(asked).trim(), `--${name}`);
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as [number, number, number];
}

export const apart = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));

export const languages = ['zh', 'en'] as const;
export const themes = ['light', 'dark'] as const;

/** Details of a test: one that tries in one more language or look what another tries runs with `make browsers` alone. */
export const always = (isAlways: boolean): { tag?: string } => (isAlways ? {} : { tag: '@more' });

/** All ways to look at a page. Two of them have each language, theme and size once and are always tried. */
export const looks = languages.flatMap((lang) =>
  themes.flatMap((theme) =>
    Object.entries({ desktop, phone }).map(([size, viewport]) => {
      const details = always(['zh light desktop', 'en dark phone'].includes(`${lang} ${theme} ${size}`));
      return { lang, theme, size, viewport, details };
    }),
  ),
);
