// What the screens keep and do, without a browser.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Explorer } from '../../src/explorer.svelte';
import { Parcels } from '../../src/parcels/screen.svelte';
import { Screen } from '../../src/report/screen.svelte';
import { collectionOf } from './data';
import { appOf, held, openPage, planOf, refused, type Service } from './page';

afterEach(() => vi.unstubAllGlobals());
// Nothing is shown here.
vi.mock('../../src/near/NearPanel.svelte', () => ({ default: null }));

const lots = { ...collectionOf('parcel', 'lots'), count: 2 };

/** A service of two lots, one let and one open; some of its answers may be others. */
function serviceOfLots(other: Service = () => undefined): Service {
  return async (path, query) => {
    const own = await other(path, query);
    if (own !== undefined) return own;
    if (path === '/app.json') return appOf([lots]);
    if (path.endsWith('/queryables')) return { properties: { id: { type: 'integer' }, geometry: { 'x-ogc-role': 'primary-geometry', format: 'geometry-polygon' }, state: { type: 'string', enum: ['let', 'open'] } } };
    if (path.endsWith('/shortlist')) return { criteria: [{ failed: 1, matchedWithout: 2, relaxation: null }], relaxation: { best: null } };
    if (path.endsWith('/items')) return { numberMatched: 1, features: [] };
    if (query.has('group-by')) return { groups: [{ state: 'let', count: 1, area_ha: 1 }], columns: [{ name: 'state', role: 'key' }] };
    return { total: { count: 1, known_state: 2, area_ha: 1, area_mu: 15 }, explained: { searched: 2, matched: 1, unknown: 0, conditions: [{ failed: 1, unknown: 0 }] } };
  };
}

describe('parcels', () => {
  const addresses = ['/parcels?v=1&c=in~state~let&sort=state&cols=state&by=state', '/parcels?v=1&c=in~state~open'];
  const isLet = { conditions: [{ kind: 'among', field: 'state', values: ['let'] }], sort: 'state', columns: ['state'], grouping: 'state', notices: [] };

  test('Back before the fields have come keeps what the address asks', async () => {
    const fields = held();
    const { asked } = openPage(addresses, serviceOfLots((path) => (path.endsWith('/queryables') ? fields.kept.then(() => undefined) : undefined)));
    const screen = new Parcels();
    const stop = screen.begin();
    await vi.waitFor(() => expect(asked).toContain('/ogc/collections/lots/queryables'));
    history.back();
    await vi.waitFor(() => expect(location.search).toContain('let'));
    // Whatever the screen makes of the address without the fields, it makes before this.
    await new Promise((resolve) => setTimeout(resolve, 20));
    fields.keep();
    await vi.waitFor(() => expect(screen.found).not.toBeNull());
    expect(screen).toMatchObject(isLet);
    screen.write('replace');
    expect(location.search).toContain('c=in~state~let');
    expect(asked.filter((path) => path.endsWith('/queryables'))).toHaveLength(1);
    stop();
  });

  test('Back after the fields failed asks for them again and keeps what the address asks', async () => {
    let fails = true;
    openPage(addresses, serviceOfLots((path) => (fails && path.endsWith('/queryables') ? refused(503, 'not now') : undefined)));
    const screen = new Parcels();
    const stop = screen.begin();
    await vi.waitFor(() => expect(screen.failure?.detail).toBe('not now'));
    fails = false;
    history.back();
    await vi.waitFor(() => expect(screen.found).not.toBeNull());
    expect(screen.failure).toBeNull();
    expect(screen).toMatchObject(isLet);
    stop();
  });

  test('that are points, or none at all, have no area, which is not asked for', async () => {
    for (const bare of [{ ...lots, has_areas: false }, { ...lots, has_areas: false, count: 0 }]) {
      openPage(['/parcels?v=1'], serviceOfLots((path, query) => {
        if (path === '/app.json') return appOf([{ ...collectionOf('belt', 'belts'), count: 1 }, bare]);
        if (path.includes('/belts/')) return path.endsWith('/items') ? { numberMatched: 1, features: [{ id: 'b', properties: {} }] } : { type: 'Feature', id: 'b', geometry: null, properties: {} };
        if (!path.endsWith('/aggregates')) return path.endsWith('/queryables') && bare.count === 0 ? { properties: {} } : undefined;
        // As the service has it.
        const measure = query.get('measure');
        if (measure === '') return refused(400, 'expected measures');
        if (measure?.includes('area')) return refused(400, 'has no polygons');
        return { total: { count: bare.count }, groups: [{ state: 'let', count: 1 }], columns: [{ name: 'state', role: 'key' }], explained: { searched: bare.count, matched: bare.count, unknown: 0, conditions: [] } };
      }));
      const screen = new Parcels();
      const stop = screen.begin();
      await vi.waitFor(() => expect(screen.found ?? screen.failure ?? screen.trouble).not.toBeNull());
      expect(screen).toMatchObject({ failure: null, trouble: null, found: { count: bare.count, ha: null, mu: null } });
      await vi.waitFor(() => expect(screen.groups?.groups).toMatchObject([{ key: 'b', count: bare.count, ha: null }]));
      if (bare.count > 0) {
        screen.groupBy('state');
        await vi.waitFor(() => expect(screen.groups?.groups).toMatchObject([{ key: 'let', count: 1, ha: null }]));
      }
      stop();
    }
  });

  test('a breakdown that fails says why, can be tried again, and leaves the rest', async () => {
    const kinds = { type: 'string', enum: ['let', 'open'] };
    let fails = true;
    openPage(['/parcels?v=1&by=state'], serviceOfLots((path, query) => {
      if (path === '/app.json') return appOf([{ ...collectionOf('belt', 'belts'), count: 1 }, lots]);
      if (path.endsWith('/queryables')) return { properties: { state: kinds, use: kinds } };
      return path.includes('/belts/') || (fails && query.get('group-by') === 'use') ? refused(503, 'not now') : undefined;
    }));
    const screen = new Parcels();
    const stop = screen.begin();
    await vi.waitFor(() => expect(screen).toMatchObject({ busy: false, groups: { rest: 0 } }));
    screen.groupBy('use');
    expect(screen).toMatchObject({ groups: null, groupTrouble: null });
    await vi.waitFor(() => expect(screen.groupTrouble?.detail).toBe('not now'));
    expect(screen).toMatchObject({ groups: null, trouble: null, found: { count: 1 } });
    fails = false;
    screen.groupBy(screen.grouping!);
    await vi.waitFor(() => expect(screen).toMatchObject({ grouping: 'use', groups: { rest: 0 }, groupTrouble: null }));
    // Belts without names are not no belts.
    screen.groupBy('belts');
    await vi.waitFor(() => expect(screen).toMatchObject({ groups: null, groupTrouble: { detail: 'not now' } }));
    stop();
  });

  test('what is measured across the antimeridian has the area of its parts and its own edges', async () => {
    const asked: { type: string; coordinates: unknown }[] = [];
    openPage(['/parcels?v=1'], serviceOfLots((path, query) => {
      if (path !== '/measure') return undefined;
      const geometry = JSON.parse(query.get('geometry')!) as (typeof asked)[number];
      asked.push(geometry);
      return { type: 'Feature', geometry, properties: geometry.type === 'LineString' ? { length_m: 4 } : { length_m: 6, area_ha: 1 } };
    }));
    const screen = new Parcels();
    const stop = screen.begin();
    await vi.waitFor(() => expect(screen.found).not.toBeNull());
    const draw = async (tool: 'length' | 'area') => {
      screen.take(tool);
      for (const corner of [[179, 0], [181, 0], [181, 1]]) screen.addCorner(corner);
      screen.finish();
      await vi.waitFor(() => expect(screen.measured).not.toBeNull());
    };
    await draw('length');
    expect(asked).toEqual([{ type: 'LineString', coordinates: [[179, 0], [-179, 0], [-179, 1]] }]);
    await draw('area');
    expect(asked.slice(1).map(({ type }) => type)).toEqual(['MultiPolygon', 'LineString']);
    expect(asked[2]!.coordinates).toEqual([[179, 0], [-179, 0], [-179, 1], [179, 0]]);
    expect(screen.measured!.properties).toEqual({ length_m: 4, area_ha: 1 });
    stop();
  });

  test('a distance from a place whose name could not be read is asked for all the same; from a place that is not there it is not', async () => {
    const quays = { ...collectionOf('axis', 'quays'), count: 1 };
    let fails = true;
    openPage(['/parcels?v=1&c=near~quays~gone~50&to=quays:gone'], serviceOfLots((path) => {
      if (path === '/app.json') return appOf([quays, lots]);
      if (path.includes('/quays/items/')) return { type: 'Feature', geometry: null, properties: {} };
      return path.includes('/quays/') ? (fails ? refused(503, 'not now') : { numberMatched: 1, features: [{ id: 'north', properties: {} }] }) : undefined;
    }));
    const screen = new Parcels();
    const stop = screen.begin();
    await vi.waitFor(() => expect(screen.found).not.toBeNull());
    expect(screen).toMatchObject({ filter: "DWITHIN(geometry, feature('quays', 'gone'), 50)", from: { 'distance-to': 'quays:gone' }, notices: [] });
    fails = false;
    await screen.load();
    expect(screen).toMatchObject({ filter: '', from: { 'distance-to': 'quays:north' } });
    expect(screen.notices[0]?.text).toContain('quays:gone');
    stop();
  });
});

describe('report', () => {
  test('is asked for in the language of the data where nobody chose one', async () => {
    for (const [address, browser, lang] of [['/report', 'fr', 'en'], ['/report', 'zh', 'zh'], ['/report?lang=zh', 'fr', 'zh']] as const) {
      const languages = new Set<string | null>();
      openPage([address], (path, query) => {
        if (path === '/app.json') return appOf([], { lang: 'en', plan: planOf() });
        languages.add(query.get('lang'));
        return { blocks: [] };
      }, [browser]);
      const screen = new Screen();
      const stop = screen.begin();
      await vi.waitFor(() => expect(screen.busy).toBe(false));
      expect([screen.lang, ...languages]).toEqual([lang, lang]);
      stop();
    }
  });
});

describe('explore', () => {
  const sites = { ...collectionOf('site', 'sites'), count: 1 };
  const service: Service = (path) => (path === '/app.json' ? appOf([sites]) : { numberMatched: 1, features: [{ type: 'Feature', id: 'a', geometry: { type: 'Point', coordinates: [0, 0] }, properties: {} }] });
  const begin = async () => {
    const explorer = new Explorer();
    const stop = explorer.begin();
    await vi.waitFor(() => expect(explorer.places).toHaveLength(1));
    return { explorer, stop };
  };

  test('the way back out of what is near leaves no step behind in the history, and leads to the place it was asked from', async () => {
    openPage(['/parcels', '/'], service);
    const { explorer, stop } = await begin();
    await explorer.openNear();
    expect(explorer.panel).toBe('near');
    explorer.back();
    // Pressed twice it goes no farther.
    explorer.back();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([explorer.panel, location.pathname]).toEqual(['overview', '/']);
    explorer.open('sites:a');
    await explorer.openNear(explorer.place);
    expect(explorer.panel).toBe('near');
    explorer.back();
    await vi.waitFor(() => expect(explorer.place?.key).toBe('sites:a'));
    expect(explorer.panel).toBe('place');
    // One step to the list, one out of the page.
    history.back();
    await vi.waitFor(() => expect(explorer.panel).toBe('overview'));
    history.back();
    await vi.waitFor(() => expect(location.pathname).toBe('/parcels'));
    stop();
  });

  test('the way from what is near to the first view is a step that Back takes back; every Back does something', async () => {
    openPage(['/parcels', '/'], service);
    const { explorer, stop } = await begin();
    const back = async () => {
      const listened = new Promise<void>((resolve) => addEventListener('popstate', () => resolve(), { once: true }));
      history.back();
      await listened;
    };
    await explorer.openNear();
    const question = explorer.near;
    explorer.home();
    expect(explorer.panel).toBe('overview');
    await back();
    expect(explorer).toMatchObject({ panel: 'near', near: question });
    await back();
    expect([explorer.panel, location.pathname]).toEqual(['overview', '/']);
    await back();
    expect(location.pathname).toBe('/parcels');
    stop();
  });

  test('a filter takes the place of what is near; Back to it shows it again', async () => {
    openPage(['/parcels', '/'], service);
    const { explorer, stop } = await begin();
    await explorer.openNear();
    explorer.setFilter('a');
    explorer.open('sites:a');
    history.back();
    await vi.waitFor(() => expect(explorer.place).toBeNull());
    expect(explorer).toMatchObject({ panel: 'overview', filter: 'a', near: null });
    stop();
  });
});
