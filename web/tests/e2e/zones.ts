// Data folders that a test makes for itself, and a page over them.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

interface Parcel { id: string; properties: Record<string, unknown>; geometry: { type: string; coordinates: [number, number][][] } }

/** Parcels that do not fit: the second drawn twice, the third lying over the sixth, the fourth a bow-tie, the fifth stating 5 % more. */
export function misfits(data: string): string {
  const file = join(data, 'parcels.geojson');
  const layer = JSON.parse(readFileSync(file, 'utf8')) as { features: Parcel[] };
  const at = (place: number) => layer.features[place]!;
  const twice = structuredClone(at(1));
  twice.id = 'twice';
  Object.assign(twice.properties, { id: 'twice', parcel_no: 'TWICE-001' });
  twice.geometry.coordinates[0]!.reverse();
  at(2).geometry.coordinates = at(5).geometry.coordinates.map((ring) => ring.map(([x, y]): [number, number] => [Number((x + 0.0003).toFixed(7)), y]));
  const [west, south] = at(3).geometry.coordinates[0]![0]!;
  const corner = (east: number, north: number): [number, number] => [Number((west + east).toFixed(7)), Number((south + north).toFixed(7))];
  at(3).geometry.coordinates = [[corner(0, 0), corner(0.0004, 0.0004), corner(0.0004, 0), corner(0, 0.0004), corner(0, 0)]];
  at(2).properties['area_m2'] = at(5).properties['area_m2'];
  at(4).properties['area_m2'] = Number(at(4).properties['area_m2']) * 1.05;
  writeFileSync(file, JSON.stringify({ ...layer, features: [...layer.features, twice] }));
  return data;
}
