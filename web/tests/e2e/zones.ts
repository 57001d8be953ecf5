// Data folders that a test makes for itself, and a page over them.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { desktop, expect, guard } from './explore';
import { inRepository, programAt, serve } from './server';

/** A page over the data folder that `make` fills below another and names; all of it is gone afterwards. */
export async function over(browser: Browser, make: (folder: string) => string, act: (page: Page, url: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zone-'));
  const before = process.env['INNOSPACE_URL'];
  const server = await serve(make(folder));
  process.env['INNOSPACE_URL'] = server.url;
  try {
    const context = await browser.newContext({ viewport: desktop });
    const seen = await guard(context);
    await act(await context.newPage(), server.url);
    expect(seen.foreign).toEqual([]);
    expect(seen.complaints).toEqual([]);
    await context.close();
  } finally {
    process.env['INNOSPACE_URL'] = before;
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** A copy of the shipped data and plan, to be changed. */
export function shipped(folder: string): string {
  for (const part of ['geodata', 'seeds']) cpSync(inRepository(part), join(folder, part), { recursive: true });
  return join(folder, 'geodata');
}

/** Twenty thousand parcels in place of those that are shipped. */
export function manyParcels(data: string): string {
  execFileSync(programAt(), ['sample', 'parcels', '--data', data, '--count', '20000', '--output', join(data, 'parcels.geojson')]);
  return data;
}
