// The map of the Parcels screen: the service's own style, and over it what matches, what is drawn and what is chosen.
import { Map as MapLibre, type ExpressionSpecification, type GeoJSONSource, type LngLat, type LngLatBoundsLike, type PointLike, type StyleSpecification, type VectorTileSource } from 'maplibre-gl';
import type { Feature, Geometry, Position } from 'geojson';
import type { Lang } from '../catalogue';
import { beside, crossesAntimeridian, rolled, unrolled, type Bounds } from '../geometry';
import { canDraw, hidesParcels, isThinned, metresPerPixel, MissingTiles, roomIn, Standing, type Padding } from '../map/library';
import { readTokens } from '../map/symbols';
import { asServiceError, readJson, ServiceError } from '../service';
import type { Drawn } from './conditions';
import type { ShapeEditor } from './edit';
import { defectTokens, tileAddress, type Defect } from './service';

export { canDraw };

/** What is to be seen over the style. */
export interface Scene {
  lang: Lang;
  dark: boolean;
  /** Null where none of its parcels are shown. */
  collection: string | null;
  /** Null while nothing is asked, so that no parcel stands out. */
  filter: string | null;
  band: readonly Geometry[];
  /** Shapes of conditions. */
  drawn: readonly Geometry[];
  /** The shape under way: corners, and the line or outline between them. */
  draft: readonly Position[];
  corners: readonly Position[];
  picked: Geometry | null;
  defects: readonly Defect[];
}

export interface Surroundings {
  container: HTMLElement;
  /** What covers the map. */
  padding: () => Padding;
  /** How far below the middle the crosshair stands. */
  aim: () => number;
  view: { longitude: number; latitude: number; zoom: number } | null;
  bounds: Bounds | null;
  /** A press, and the parcels under it, the uppermost first. */
  pressed: (at: Position, ids: string[]) => void;
  /** Twice at one place ends a drawing. */
  pressedTwice: () => void;
  hovered: (id: string | null) => void;
  moved: (view: { longitude: number; latitude: number; zoom: number }) => void;
  scaled: (metresPerPixel: number) => void;
  /** Called when the map rests: whether it draws a part of what is in sight only, and whether parcels come from closer by. */
  rested: (isThinned: boolean, hidesParcels: boolean) => void;
  key: (event: KeyboardEvent) => boolean;
  /** A shape that was changed by hand. */
  reshaped: (drawn: Drawn) => void;
  /** Called when the map, or a part of it, could not be fetched. */
  failed: (kind: ServiceError['kind']) => void;
}

const reach = 5;
const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
const collectionOf = (shapes: readonly Geometry[]) => ({ type: 'FeatureCollection' as const, features: shapes.map((geometry): Feature => ({ type: 'Feature', geometry, properties: {} })) });
/** What stands above the parcels but below names. */
const firstName = (style: StyleSpecification) => style.layers.find(({ type }) => type === 'symbol')?.id;

export class ParcelMap {
  private readonly map: MapLibre;
  private readonly standing: Standing;
  private readonly missing: MissingTiles;
  private scene: Scene;
  /** The look that the style was fetched for. */
  private look = '';
  /** Does the style stand that was asked for last? */
  private dressed = false;
  private hoveredId: string | null = null;
  private editor: Promise<ShapeEditor> | null = null;

  constructor(private readonly around: Surroundings, scene: Scene) {
    this.scene = scene;
    const { view, bounds, container } = around;
    const map = new MapLibre({
      container,
      style: { version: 8, sources: {}, layers: [] },
      ...(view ? { center: [view.longitude, view.latitude] as [number, number], zoom: view.zoom } : bounds ? { bounds: unrolled(bounds) as LngLatBoundsLike, fitBoundsOptions: { padding: roomIn(around) } } : {}),
      minZoom: 3,
      maxZoom: 18,
      maxPitch: 0,
      pitchWithRotate: false,
      dragRotate: false,
      attributionControl: false,
      fadeDuration: isStill() ? 0 : 200,
      // Across the antimeridian the zone lies on two sheets.
      renderWorldCopies: bounds !== null && crossesAntimeridian(bounds),
      doubleClickZoom: false,
      // Addresses in the style are absolute; behind a proxy their host may not be the page's.
      transformRequest: (url) => {
        const { pathname, search, protocol } = new URL(url, location.href);
        return { url: protocol.startsWith('http') ? location.origin + pathname + search : url };
      },
    });
    this.map = map;
    this.standing = new Standing(map);
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.on('click', ({ point, lngLat }) => around.pressed(this.positionOf(lngLat), this.idsAt([point.x, point.y])));
    map.on('dblclick', () => around.pressedTwice());
    map.on('mousemove', ({ point }) => {
      if (!this.editor) this.hover(this.idsAt([point.x, point.y], 0)[0] ?? null);
    });
    map.on('mouseout', () => this.hover(null));
    map.on('move', () => this.scale());
    map.on('moveend', () => {
      around.moved(this.view());
      this.scale();
    });
    map.on('render', () => this.mark(false));
    map.on('idle', () => {
      around.rested(isThinned(map), hidesParcels(map));
      this.mark(true);
    });
    this.missing = new MissingTiles(map, around.failed);
    map.on('style.load', () => {
      this.dressed = map.getSource('drawn') !== undefined;
      this.update(null);
    });
    map.getCanvas().addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !around.key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    void this.dress();
    this.scale();
  }

  /** Tests wait for this mark instead of for time. */
  private mark(idle: boolean): void {
    this.around.container.dataset['mapIdle'] = String(idle && this.dressed);
  }

  private view(): { longitude: number; latitude: number; zoom: number } {
    const { lng, lat } = this.map.getCenter();
    return { longitude: lng, latitude: lat, zoom: this.map.getZoom() };
  }

  private scale(): void {
    const { latitude, zoom } = this.view();
    this.around.scaled(metresPerPixel(latitude, zoom));
  }

  label(text: string): void {
    this.map.getCanvas().setAttribute('aria-label', text);
  }

  private crosshair(): [number, number] {
    const { clientWidth, clientHeight } = this.around.container;
    return [clientWidth / 2, clientHeight / 2 + this.around.aim()];
  }

  stand(at: [number, number] | null, label: string): void {
    this.standing.show(at, label);
  }

  /** A position; on a map of several sheets of the earth it is on that of another, as of the last corner of what is drawn. */
  private positionOf(at: LngLat, other = this.scene.corners.at(-1)): Position {
    const [longitude, latitude] = at.wrap().toArray();
    return [other && this.map.getRenderWorldCopies() ? beside(longitude, other[0]!) : longitude, latitude];
  }

  /** Where the crosshair stands, on the sheet of another position. */
  centre(other?: Position): Position {
    return this.positionOf(this.map.unproject(this.crosshair()), other);
  }

  /** Where a position is drawn, on the sheet in the middle of the map. */
  private project([longitude = 0, latitude = 0]: Position): { x: number; y: number } {
    return this.map.project([beside(longitude, this.map.getCenter().lng), latitude]);
  }

  /** What lies under the crosshair. */
  idsAtCentre(): string[] {
    return this.idsAt(this.crosshair());
  }

  /** What is in sight, on the earth's one sheet. */
  bounds(): Bounds {
    const [[west, south], [east, north]] = this.map.getBounds().toArray() as [[number, number], [number, number]];
    const [low, high] = [Math.max(-90, south), Math.min(90, north)];
    return this.map.getRenderWorldCopies() ? rolled([west, low, east, high]) : [Math.max(-180, west), low, Math.min(180, east), high];
  }

  fit(bounds: Bounds, closest = 15.5): void {
    this.map.fitBounds(unrolled(bounds) as LngLatBoundsLike, { padding: roomIn(this.around), maxZoom: closest, animate: !isStill() });
  }

  /** Shows an area, unless all of it can be seen already, large enough for fingers on its corners. */
  reveal(bounds: Bounds): void {
    const { clientWidth, clientHeight } = this.around.container;
    const { top, right, bottom, left } = roomIn(this.around);
    const [west, south, east, north] = bounds;
    const [low, high] = [this.project([west, south]), this.project([east, north])];
    const isSmall = Math.max(high.x - low.x, low.y - high.y) < 160;
    if (isSmall || low.x < left || high.y < top || high.x > clientWidth - right || low.y > clientHeight - bottom) this.fit(bounds);
  }

  zoom(by: 1 | -1): void {
    this.map.easeTo({ zoom: Math.round(this.map.getZoom() * 2 + by) / 2, animate: !isStill() });
  }

  /** How far from the crosshair a position stands, pixels. */
  fromCrosshair(at: Position): number {
    const { x, y } = this.project(at);
    const [across, down] = this.crosshair();
    return Math.hypot(x - across, y - down);
  }

  /** Puts handles on a shape, so that it can be changed by hand; null takes them off. */
  async edit(drawn: Drawn | null): Promise<void> {
    const before = this.editor;
    if (!drawn) {
      this.editor = null;
      (await before?.catch(() => null))?.stop();
      return;
    }
    this.editor ??= import('./edit').then(({ ShapeEditor: Editor }) => new Editor(this.map, readTokens(), drawn, this.around.reshaped));
    (await this.editor).show(drawn);
  }

  private idsAt([x, y]: [number, number], within = reach): string[] {
    // There is none while a style is on its way.
    const style = this.map.getStyle() as StyleSpecification | undefined;
    const layers = (style?.layers ?? []).filter(({ id }) => id === 'match-fill' || id.startsWith('parcel-fill')).map(({ id }) => id);
    if (layers.length === 0) return [];
    const exact = this.map.queryRenderedFeatures([x, y], { layers });
    const box: [PointLike, PointLike] = [[x - within, y - within], [x + within, y + within]];
    const hits = exact.length > 0 || within === 0 ? exact : this.map.queryRenderedFeatures(box, { layers });
    return [...new Set(hits.map(({ id, properties }) => String(properties['id'] ?? id ?? '')))].filter((id) => id !== '');
  }

  private hover(id: string | null): void {
    if (id === this.hoveredId) return;
    this.point(id);
    this.around.hovered(id);
  }

  /** Marks the parcel that the pointer is on, here or in the table. */
  point(id: string | null): void {
    const { collection } = this.scene;
    const target = (of: string) => ({ source: 'match', sourceLayer: collection!, id: of });
    if (collection !== null && this.map.getSource('match')) {
      if (this.hoveredId !== null) this.map.setFeatureState(target(this.hoveredId), { hovered: false });
      if (id !== null) this.map.setFeatureState(target(id), { hovered: true });
    }
    this.hoveredId = id;
    this.map.getCanvas().style.cursor = id !== null ? 'pointer' : '';
  }

  draw(scene: Scene): void {
    const before = this.scene;
    this.scene = scene;
    const look = `${scene.lang} ${scene.dark}`;
    if (look !== `${before.lang} ${before.dark}`) return void this.dress();
    this.update(before);
  }

  /** Shows what has changed since a scene; all of it when there was none. */
  private update(before: Scene | null): void {
    const { scene } = this;
    // A style that is still on its way is updated when it has come.
    if (!this.map.getSource('drawn')) return;
    this.mark(false);
    if (scene.filter !== before?.filter) this.match();
    const set = (source: string, shapes: readonly Geometry[]) => (this.map.getSource(source) as GeoJSONSource).setData(collectionOf(shapes));
    if (scene.band !== before?.band) set('band', scene.band);
    if (scene.drawn !== before?.drawn) set('drawn', scene.drawn);
    if (scene.picked !== before?.picked) set('picked', scene.picked ? [scene.picked] : []);
    if (scene.defects !== before?.defects) (this.map.getSource('defects') as GeoJSONSource).setData(defectsOf(scene));
    if (scene.draft !== before?.draft || scene.corners !== before.corners) set('draft', draftOf(scene));
  }

  private match(): void {
    const { collection, filter } = this.scene;
    if (collection === null) return;
    (this.map.getSource('match') as VectorTileSource).setTiles([tileAddress(collection, filter ?? '')]);
    for (const layer of ['match-fill', 'match-line']) this.map.setLayoutProperty(layer, 'visibility', filter ? 'visible' : 'none');
  }

  /** Fetches again what could not be fetched. */
  retry(): void {
    if (this.dressed) this.missing.fetchAgain();
    else void this.dress();
  }

  /** Fetches the service's style for the language and the theme, and lays what matches over it. */
  private async dress(): Promise<void> {
    const { lang, dark } = this.scene;
    const look = `${lang} ${dark}`;
    this.look = look;
    this.dressed = false;
    this.mark(false);
    const style = await readJson<StyleSpecification>(`/styles/parcels?theme=${dark ? 'dark' : 'light'}&lang=${lang}`).catch(asServiceError);
    if (this.look !== look) return;
    if (style instanceof ServiceError) return this.around.failed(style.kind);
    // Handles on a shape outlive the style that they were laid on.
    const isHandle = (id: string) => id.startsWith('edit-');
    this.map.setStyle(this.withOwn(style), {
      diff: false,
      transformStyle: (last, next) => ({
        ...next,
        sources: { ...next.sources, ...Object.fromEntries(Object.entries(last?.sources ?? {}).filter(([id]) => isHandle(id))) },
        layers: [...next.layers, ...(last?.layers ?? []).filter(({ id }) => isHandle(id))],
      }),
    });
  }

  private withOwn(style: StyleSpecification): StyleSpecification {
    const tokens = readTokens();
    const { collection, filter, band, drawn, picked } = this.scene;
    const own: StyleSpecification['sources'] = {
      ...(collection === null ? {} : { match: { type: 'vector' as const, tiles: [tileAddress(collection, filter ?? '')], minzoom: 0, maxzoom: 16, promoteId: 'id' } }),
      ...Object.fromEntries(([['band', band], ['drawn', drawn], ['draft', draftOf(this.scene)], ['picked', picked ? [picked] : []]] as const).map(([id, shapes]) => [id, { type: 'geojson' as const, data: collectionOf(shapes) }])),
    };
    own['defects'] = { type: 'geojson', data: defectsOf(this.scene) };
    const [first, ...kinds] = Object.entries(defectTokens).map(([kind, token]) => [kind, tokens[token]!] as const);
    const ofKind: ExpressionSpecification = ['match', ['get', 'kind'], first![0], first![1], ...kinds.flat(), tokens['tx']!];
    const visibility = filter ? 'visible' as const : 'none' as const;
    const match = { source: 'match', 'source-layer': collection ?? '' };
    const hovered = (on: number, off: number): ['case', ['boolean', ['feature-state', string], boolean], number, number] => ['case', ['boolean', ['feature-state', 'hovered'], false], on, off];
    const all: StyleSpecification['layers'] = [
      { id: 'band-line', type: 'line', source: 'band', paint: { 'line-color': tokens['axis']!, 'line-width': 1.5, 'line-dasharray': [3, 2] } },
      { id: 'drawn-fill', type: 'fill', source: 'drawn', paint: { 'fill-color': tokens['core']!, 'fill-opacity': 0.08 } },
      { id: 'match-fill', type: 'fill', ...match, layout: { visibility }, paint: { 'fill-color': tokens['hit']!, 'fill-opacity': hovered(0.9, 0.6) } },
      { id: 'match-line', type: 'line', ...match, layout: { visibility }, paint: { 'line-color': tokens['hit']!, 'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.5, 13, 2] } },
      { id: 'picked-line', type: 'line', source: 'picked', paint: { 'line-color': tokens['sel']!, 'line-width': 4 } },
      { id: 'picked-edge', type: 'line', source: 'picked', paint: { 'line-color': tokens['tx']!, 'line-width': 1.2 } },
      { id: 'drawn-line', type: 'line', source: 'drawn', paint: { 'line-color': tokens['core']!, 'line-width': 2, 'line-dasharray': [3, 2] } },
      { id: 'defects-fill', type: 'fill', source: 'defects', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': ofKind, 'fill-opacity': 0.35 } },
      { id: 'defects-line', type: 'line', source: 'defects', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'line-color': ofKind, 'line-width': 2 } },
      { id: 'defects-point', type: 'circle', source: 'defects', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 10, 4, 18, 7], 'circle-color': ofKind, 'circle-stroke-color': tokens['bg']!, 'circle-stroke-width': 1.5 } },
      { id: 'draft-line', type: 'line', source: 'draft', paint: { 'line-color': tokens['core']!, 'line-width': 2.4 } },
      { id: 'draft-corner', type: 'circle', source: 'draft', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 5, 'circle-color': tokens['bg']!, 'circle-stroke-color': tokens['core']!, 'circle-stroke-width': 2.4 } },
    ];
    const layers = all.filter((layer) => collection !== null || !('source' in layer && layer.source === 'match'));
    const before = style.layers.findIndex(({ id }) => id === firstName(style));
    const at = before < 0 ? style.layers.length : before;
    return { ...style, sources: { ...style.sources, ...own }, layers: [...style.layers.slice(0, at), ...layers, ...style.layers.slice(at)] };
  }

  remove(): void {
    this.map.remove();
  }
}

/** Each defect as what it is and as its centre, so that small ones are seen from afar. */
function defectsOf({ defects }: Scene) {
  const features = defects.flatMap(({ geometry, properties }): Feature[] => {
    const { kind, longitude, latitude } = properties;
    const own = geometry ? [geometry] : [];
    const centre: Geometry[] = longitude === null || latitude === null ? [] : [{ type: 'Point', coordinates: [longitude, latitude] }];
    return [...own.filter(({ type }) => type !== 'Point'), ...centre].map((shape) => ({ type: 'Feature', geometry: shape, properties: { kind } }));
  });
  return { type: 'FeatureCollection' as const, features };
}

function draftOf({ corners, draft }: Scene): Geometry[] {
  const points = corners.map((coordinates): Geometry => ({ type: 'Point', coordinates }));
  return draft.length > 1 ? [{ type: 'LineString', coordinates: [...draft] }, ...points] : points;
}
