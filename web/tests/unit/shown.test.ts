// What the screens show of zones whose plan has its own types of units, and of those without a plan.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { render } from 'svelte/server';
import type { Component } from 'svelte';
import type { AppInfo, Collection, DrawRole, Plan } from '../../src/catalogue';
import { Explorer } from '../../src/explorer.svelte';
import LegendSigns from '../../src/parts/LegendSigns.svelte';
import Legend from '../../src/parts/Legend.svelte';
import Overview from '../../src/parts/Overview.svelte';
import PlaceRow from '../../src/parts/PlaceRow.svelte';
import ReportScreen from '../../src/report/ReportScreen.svelte';
import { readShapes } from '../../src/parcels/service';
import { Screen } from '../../src/report/screen.svelte';
import type { Cells, Count, Report } from '../../src/report/service';
import { typesOf } from '../../src/report/types';
import { inWordsOfPlan } from '../../src/words';
import { collectionOf, shippedPlaces } from './data';
import { appOf, openPage, planOf, type Service } from './page';

const told = vi.hoisted(() => ({ app: null as unknown, report: null as unknown }));
vi.mock('../../src/report/screen.svelte', async (original) => {
  const module = await original<typeof import('../../src/report/screen.svelte')>();
  return {
    Screen: class extends module.Screen {
      constructor() {
        super();
        if (told.app === null) return;
        this.app = told.app as AppInfo;
        this.report = told.report as Report;
        this.heed(this.app);
        this.lang = 'en';
      }
    },
  };
});
beforeEach(() => void openPage(['/'], () => ({})));
afterEach(() => {
  told.app = told.report = null;
  vi.unstubAllGlobals();
});

/** The text of a component, its tags gone; and its tags. */
function shown(component: Component<never>, props: object = {}, explorer?: unknown): { text: string; html: string } {
  const { body } = render(component as Component, { props, context: new Map([['explorer', explorer]]) });
  return { html: body, text: body.replaceAll(/<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, '').replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ') };
}

const plan = planOf([
  { id: 'hub', name: { zh: '创新枢纽', en: 'innovation hub' }, sign: 'star' },
  { id: 'campus-unit', name: { zh: '创新园', en: 'innovation campus' }, sign: 'cross' },
  { id: 'building', name: { zh: '创新大楼', en: 'innovation tower' }, sign: 'building' },
]);
const usual: Plan['unit_types'] = [
  { id: 'block', name: { zh: '创新街区', en: 'innovation block' }, sign: 'block' },
  { id: 'park', name: { zh: '创新园区', en: 'innovation park' }, sign: 'park' },
  { id: 'building', name: { zh: '创新楼宇', en: 'innovation building' }, sign: 'building' },
];
const holding = (draw: DrawRole, count: number, ...fields: string[]): Collection => ({ ...collectionOf(draw, `${draw}s`), count, fields: fields.map((name) => ({ name, title: null, unit: null, kind: 'text' })) });

describe('report', () => {
  const cells = (count: number): Cells => ({ count, statuses: { built: { count, units: [] }, 'in-progress': { count: 0, units: [] }, planned: { count: 0, units: [] }, unknown: { count: 0, units: [] } } });
  const counted = (rule: string, byType: Record<string, number>, count: number): Count => {
    const types = [...plan.unit_types.map(({ id }) => ({ type: id as string | null, ...cells(byType[id] ?? 0) })), { type: null, ...cells(1) }];
    const statuses = [{ id: 'built' as const, name: 'built' }];
    return {
      rule: { id: rule, title: rule, statement: '' }, scope: { id: 'all', title: 'all', statement: '' }, count, byType, inArea: null, excluded: [],
      counted: [{ id: 'north', name: 'North', type: 'campus-unit', reason: '', statement: '' }],
      cross: { statuses, rows: [{ part: { kind: null, id: null, name: 'elsewhere' }, ...cells(count), types }], total: { ...cells(count), types }, countedAgain: [], notes: [] },
    };
  };
  // Of ten, one has a type that nobody tells; the service may say so or not.
  const reportOf = (wide: Record<string, number>): Report => ({
    units: { asOf: '2026-06-30', dataDate: null, areas: [], area: null, target: null, counts: [counted('named', { hub: 2, 'campus-unit': 4, building: 2 }, 8), counted('wide', wide, 10)] },
    progress: { rule: { statement: '' }, indicators: [], targets: [], cautions: [] },
    blocks: [],
  });

  test.each([[{ hub: 2, 'campus-unit': 4, building: 3 }], [{ hub: 2, 'campus-unit': 4, building: 3, unknown: 1 }]])('counts, bars and lists have the types of the plan, in its order and words, and add up: %j', (wide) => {
    told.app = appOf([], { plan });
    told.report = reportOf(wide);
    const { html, text } = shown(ReportScreen);
    const table = html.slice(html.indexOf('data-testid="counts"'));
    const row = (tag: string, from: string) => [...from.slice(0, from.indexOf('</tr>')).matchAll(new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 'g'))].map(([, cell]) => cell!.replaceAll(/<[^>]*>/g, ''));
    expect(row('th', table)).toEqual(['Rule', 'Scope', 'innovation hub', 'innovation campus', 'innovation tower', 'Type unknown', 'Total']);
    const body = table.slice(table.indexOf('<tbody'));
    expect(row('td', body)).toEqual(['all', '2', '4', '2', '0', '8']);
    expect(row('td', body.slice(body.indexOf('</tr>') + 5))).toEqual(['all', '2', '4', '3', '1', '10']);
    expect(html).toMatch(/aria-label="Figure 3\.[^"]*named, all: 8; wide, all: 10"/);
    expect(html).toMatch(/aria-label="Figure 1\.[^"]*elsewhere, innovation campus, built: 4; elsewhere, innovation tower, built: 2; elsewhere, Type unknown, built: 1"/);
    expect(text).toContain('North north innovation campus');
    const cross = html.slice(html.indexOf('data-testid="cross"'));
    expect(cross).toMatch(/<td[^>]*>innovation hub<\/td>/);
    expect(text).not.toMatch(/undefined|Blocks|Parks|Buildings/);
  });

  test('types are called as the page does where the plan does so, too, and have the colours of the map, then others', () => {
    const named = (types: Plan['unit_types']) => typesOf(types, inWordsOfPlan(types, 'en')).map(({ name, color }) => `${name} ${color}`);
    expect(named(usual)).toEqual(['Blocks var(--block)', 'Parks var(--park)', 'Buildings var(--building)']);
    expect(named(plan.unit_types)).toEqual(['innovation hub var(--block)', 'innovation campus var(--park)', 'innovation tower var(--building)']);
    const many = ['a', 'park', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => ({ id, name: { en: id }, sign: 'other' }));
    expect(typesOf(many, inWordsOfPlan(many, 'en')).map(({ color }) => color.slice(6, -1))).toEqual(['block', 'park', 'building', 'emerging', 'smart', 'axis', 'core', 'hit', 'tx2']);
  });

  test('of data without a plan says so and what there is, and asks for nothing else', async () => {
    for (const [collections, parcels] of [[[holding('site', 800)], false], [[holding('parcel', 4)], true]] as const) {
      told.app = null;
      const app = appOf([...collections]);
      const { asked } = openPage(['/report?lang=en'], () => app);
      const screen = new Screen();
      const stop = screen.begin();
      await vi.waitFor(() => expect(screen.busy).toBe(false));
      expect(asked).toEqual(['/app.json']);
      expect(screen.failure).toBeNull();
      stop();
      told.app = app;
      const { html, text } = shown(ReportScreen);
      expect(text).toContain('The data has no plan');
      expect(html.includes('/reports/parcels.pdf')).toBe(parcels);
      expect(html).not.toContain('/reports/units');
      expect(html).not.toContain('type="date"');
    }
  });
});

describe('explore', () => {
  /** An Explorer over places of some collections, as the service would answer. */
  async function explorerOf(app: AppInfo, places: Record<string, object[]> = {}, query = '') {
    const service: Service = (path, asked) => {
      if (path === '/app.json') return app;
      const all = (places[path.split('/')[3]!] ?? []) as { properties: Record<string, unknown> }[];
      const matching = all.filter(({ properties }) => [...asked].every(([name, value]) => name === 'limit' || String(properties[name]) === value));
      return { numberMatched: matching.length, features: matching };
    };
    openPage([`/?lang=en${query}`], service);
    const explorer = new Explorer();
    const stop = explorer.begin();
    await vi.waitFor(() => {
      expect(explorer.counts).not.toBeNull();
      expect(explorer.isPartial).toBe(false);
    });
    return { explorer, stop };
  }
  const feature = (id: string, properties: object) => ({ type: 'Feature', id, geometry: { type: 'Point', coordinates: [4, 51] }, properties });

  test('units are called as the plan calls them: in lists, numbers and the legend', async () => {
    const app = appOf([holding('core', 1), holding('site', 3, 'named_unit', 'unit_type', 'kind', 'lifecycle')], { plan });
    const unit = (id: string, type: string) => feature(id, { named_unit: true, unit_type: type, kind: type, lifecycle: 'existing' });
    const { explorer, stop } = await explorerOf(app, { cores: [feature('c', {})], sites: [unit('a', 'hub'), unit('b', 'building'), unit('d', 'building'), feature('e', { named_unit: false, kind: 'campus-unit', lifecycle: 'planned' })] });
    expect(shown(Overview, {}, explorer).text).toContain('innovation hub 1 · innovation campus 0 · innovation tower 2');
    expect(shown(PlaceRow, { place: explorer.gazetteer.named('b') }, explorer).text).toContain('innovation tower · existing');
    expect(shown(PlaceRow, { place: explorer.gazetteer.named('e') }, explorer).text).toContain('innovation campus · planned');
    // The sign of others stands for the plan's types that have none of their own.
    const legend = shown(Legend, {}, explorer).text;
    expect(legend).toContain('innovation hub innovation campus innovation tower Other Existing');
    expect(legend).not.toMatch(/Block|Park|Building|Company|axis/);
    stop();
  });

  test('a zone shows no part of a layout that it has not', async () => {
    const lots = Array.from({ length: 3 }, (_, id) => feature(`lot-${id}`, {}));
    const { explorer, stop } = await explorerOf(appOf([holding('site', 3), holding('facility', 1)]), { sites: lots, facilitys: [feature('f', {})] }, '&card=core');
    expect(explorer).toMatchObject({ parts: [], card: null, panel: 'overview' });
    const { html, text } = shown(Overview, {}, explorer);
    expect(text).not.toMatch(/structure|core|axes|belts|Many points/i);
    expect(text).toContain('Nearest to me');
    expect(html).not.toContain('intro-title');
    expect(shown(Legend, {}, explorer).text).toMatch(/^ Institution or facility Other Dashed/);
    stop();
    const { explorer: quay, stop: leave } = await explorerOf(appOf([holding('axis', 1), holding('belt', 0), holding('parcel', 800)]), { axiss: [feature('q', {})] });
    expect(quay.parts).toEqual(['axis']);
    expect(shown(Overview, {}, quay).text).toContain('One axis');
    expect(shown(LegendSigns, { belts: [] }, quay).text).toMatch(/^ innovation axis Dashed/);
    leave();
  });

  test('the map of parcels has the signs of what its layers hold', async () => {
    const groups: Record<string, object[]> = { sites: [{ unit_type: 'hub', kind: 'hub' }, { unit_type: null, kind: 'building' }], facilitys: [{ kind: 'park' }, { kind: 'unheard-of' }] };
    const { asked } = openPage(['/parcels'], (path) => {
      const found = groups[path.split('/')[3]!]!;
      return { groups: found, groupsMatched: found.length };
    });
    const sites = { ...holding('site', 3, 'unit_type', 'kind'), signs: { hub: 'star', 'campus-unit': 'cross', building: 'building' } };
    const collections = [sites, holding('facility', 2, 'kind'), holding('parcel', 9), holding('region', 0, 'kind')];
    const shapes = await readShapes(collections);
    expect([...shapes].toSorted()).toEqual(['building', 'facility', 'park', 'star']);
    expect(asked).toEqual(['/ogc/collections/sites/aggregates', '/ogc/collections/facilitys/aggregates']);
    expect(shown(LegendSigns, { belts: [], shapes }, { app: appOf(collections, { plan }), words: inWordsOfPlan(plan.unit_types, 'en') }).text).toMatch(/^ innovation hub innovation campus innovation tower Park Institution or facility Dashed/);
    expect([...(await readShapes([holding('site', 3)]))]).toEqual(['other']);
  });

  test('the shipped data has all signs and parts', async () => {
    const places = shippedPlaces();
    const collections = [...new Set(places.map(({ collection }) => collection))].map((collection): Collection => ({ ...collection, fields: Object.keys(places.find((place) => place.collection === collection)!.properties).map((name) => ({ name, title: null, unit: null, kind: 'text' })) }));
    const app = appOf(collections, { plan: planOf(usual) });
    const { explorer, stop } = await explorerOf(app, Object.fromEntries(collections.map(({ id }) => [id, places.filter(({ collection }) => collection.id === id).map(({ id: key, geometry, properties }) => ({ type: 'Feature', id: key, geometry, properties }))])));
    expect(explorer.parts).toEqual(['core', 'axis', 'belt', 'point']);
    expect(shown(Legend, {}, explorer).text).toContain(' Block Park Building Area Company Institution or facility Other Existing In progress Planned ? Unknown innovation core innovation axis Smart-manufacturing Innovation Belt ');
    expect(shown(Overview, {}, explorer).text).toContain('1 block · 9 parks · 3 buildings');
    stop();
  });
});
