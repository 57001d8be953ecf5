// The MapLibre map behind the page's own idea of a map: draw a scene, show a place, say what was pressed.
import { Map as MapLibre, type LngLatBoundsLike, type PointLike } from 'maplibre-gl';
import type { Position } from 'geojson';
import type { View } from '../address';
import type { Place } from '../catalogue';
import { beside, crossesAntimeridian, rolled, unrolled, type Bounds } from '../geometry';
import type { Stage } from '../explorer.svelte';
import { canDraw, hidesParcels, isThinned, metresPerPixel, MissingTiles, roomIn, Standing, type Padding } from './library';
import { pressable, pressableOf, styleOf, type Scene } from './style';
import { pictures, type Tokens } from './symbols';
import type { ServiceError } from '../service';

export { canDraw };

export interface Surroundings {
  container: HTMLElement;
  padding: () => Padding;
  /** How far below the middle the crosshair stands. */
  aim: () => number;
  pressed: (keys: string[]) => void;
  /** Told of every press first; true when it was waited for as a position. */
  picked: (at: [number, number]) => boolean;
  moved: (view: View) => void;
  /** Called on every frame that moves the map, for the scale bar. */
  scaled: (metresPerPixel: number) => void;
  /** Called when the map rests: whether it draws a part of what is in sight only, and whether parcels come from closer by. */
  rested: (isThinned: boolean, hidesParcels: boolean) => void;
  leave: () => void;
  /** Called when a part of the map could not be fetched. */
  failed: (kind: ServiceError['kind']) => void;
}

export interface Opening { view: View | null; bounds: Bounds; scene: Scene }

const closest = 12.6;
const reach = { mouse: 4, touch: 12 };

export class MapStage implements Stage {
  private readonly map: MapLibre;
  private readonly still: boolean;
  private drawnTokens: Tokens;
  private next: Scene | null = null;
  private shown: Scene;
  private readonly standing: Standing;
  private readonly missing: MissingTiles;

  constructor(private readonly around: Surroundings, { view, bounds, scene }: Opening) {
    this.still = scene.still;
    this.shown = scene;
    this.drawnTokens = scene.tokens;
    const map = new MapLibre({
      container: around.container,
      style: styleOf(scene),
      ...(view ? { center: [view.longitude, view.latitude] as [number, number], zoom: view.zoom } : { bounds: unrolled(bounds) as LngLatBoundsLike, fitBoundsOptions: { padding: roomIn(around) } }),
      // All of a nation on a phone.
      minZoom: 1.5,
      maxZoom: 17,
      maxPitch: 0,
      pitchWithRotate: false,
      dragRotate: false,
      attributionControl: false,
      fadeDuration: this.still ? 0 : 200,
      // Across the antimeridian the zone lies on two sheets.
      renderWorldCopies: crossesAntimeridian(bounds),
    });
    this.map = map;
    this.standing = new Standing(map);
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    for (const { id, image, pixelRatio } of pictures(scene.tokens)) map.addImage(id, image, { pixelRatio });

    map.on('click', (event) => this.press(event.point, 'pointerType' in event.originalEvent && event.originalEvent.pointerType === 'touch' ? reach.touch : reach.mouse));
    map.on('mousemove', (event) => {
      const [top] = map.queryRenderedFeatures(event.point, { layers: this.pressable() });
      map.getCanvas().style.cursor = top ? 'pointer' : '';
    });
    map.on('moveend', (event) => {
      // The opening itself is no move, and a resize keeps the centre.
      if (event.originalEvent || this.sent) this.around.moved(this.view());
      this.sent = false;
      this.scale();
    });
    map.on('move', () => this.scale());
    map.on('render', () => this.mark(false));
    map.on('idle', () => {
      around.rested(isThinned(map), hidesParcels(map));
      this.mark(true);
    });
    this.missing = new MissingTiles(map, around.failed);
    map.getCanvas().addEventListener('keydown', (event) => this.key(event));
    this.scale();
  }

  private sent = false;

  /** Tests wait for this mark instead of for time. */
  private mark(idle: boolean): void {
    this.around.container.dataset['mapIdle'] = String(idle && this.next === null);
  }

  private view(): View {
    const { lng, lat } = this.map.getCenter();
    return { longitude: lng, latitude: lat, zoom: this.map.getZoom() };
  }

  private scale(): void {
    const { latitude, zoom } = this.view();
    this.around.scaled(metresPerPixel(latitude, zoom));
  }

  /** Draws the newest scene on the next frame; scenes in between are skipped. */
  draw(scene: Scene): void {
    const waiting = this.next !== null;
    this.next = scene;
    this.mark(false);
    if (waiting) return;
    requestAnimationFrame(() => {
      const latest = this.next!;
      this.next = null;
      this.shown = latest;
      if (latest.tokens !== this.drawnTokens) {
        for (const { id, image } of pictures(latest.tokens)) this.map.updateImage(id, image);
        this.drawnTokens = latest.tokens;
      }
      this.map.setStyle(styleOf(latest), { diff: true });
    });
  }

  label(text: string): void {
    this.map.getCanvas().setAttribute('aria-label', text);
  }

  stand(at: [number, number] | null, label: string): void {
    this.standing.show(at, label);
  }

  /** Fetches again what could not be fetched. */
  retry(): void {
    this.missing.fetchAgain();
  }

  private start(): void {
    this.sent = true;
    this.mark(false);
  }

  /** What is in sight, on the earth's one sheet. */
  bounds(): Bounds {
    const [[west, south], [east, north]] = this.map.getBounds().toArray() as [[number, number], [number, number]];
    const [low, high] = [Math.max(-90, south), Math.min(90, north)];
    return this.map.getRenderWorldCopies() ? rolled([west, low, east, high]) : [Math.max(-180, west), low, Math.min(180, east), high];
  }

  fit(bounds: Bounds): void {
    this.start();
    this.map.fitBounds(unrolled(bounds) as LngLatBoundsLike, { padding: roomIn(this.around), maxZoom: 13.5, animate: !this.still });
  }

  jump(view: View): void {
    this.mark(false);
    this.map.jumpTo({ center: [view.longitude, view.latitude], zoom: view.zoom });
  }

  zoom(by: 1 | -1): void {
    this.start();
    this.map.easeTo({ zoom: Math.round(this.map.getZoom() * 2 + by) / 2, animate: !this.still });
  }

  /** Brings a place into the part of the map that nothing covers; from the list also close enough to tell it apart. */
  reveal(place: Place, zoomIn: boolean): void {
    const { bounds, at } = place;
    if (!bounds || !at) return;
    const pointLike = bounds[0] === bounds[2] && bounds[1] === bounds[3];
    if (!zoomIn && this.inView(at)) return;
    if (!pointLike && zoomIn) return this.fit(bounds);
    this.start();
    const padding = roomIn(this.around);
    this.map.easeTo({
      center: [at[0]!, at[1]!],
      zoom: zoomIn ? Math.max(this.map.getZoom(), closest) : this.map.getZoom(),
      // An offset moves this one time; a padding would stay and shift every later move.
      offset: [(padding.left - padding.right) / 2, (padding.top - padding.bottom) / 2],
      animate: !this.still,
    });
  }

  private inView([longitude = 0, latitude = 0]: Position): boolean {
    const { clientWidth, clientHeight } = this.around.container;
    const { top, right, bottom, left } = roomIn(this.around);
    // Of the sheets of the earth, that in the middle of the map is meant.
    const { x, y } = this.map.project([beside(longitude, this.map.getCenter().lng), latitude]);
    return x >= left && x <= clientWidth - right && y >= top && y <= clientHeight - bottom;
  }

  /** The layers that are there and can be pressed, the most specific first. */
  private pressable(): string[] {
    const tiled = this.shown.tiled.flatMap(pressableOf).filter((layer) => this.map.getLayer(layer));
    const at = pressable.indexOf('parcel-fill');
    return [...pressable.slice(0, at), ...tiled, ...pressable.slice(at)];
  }

  private press({ x, y }: { x: number; y: number }, reachable: number): void {
    const at = this.map.unproject([x, y]);
    if (this.around.picked(at.wrap().toArray())) return;
    const box: [PointLike, PointLike] = [[x - reachable, y - reachable], [x + reachable, y + reachable]];
    const layers = this.pressable();
    const hits = this.map.queryRenderedFeatures(box, { layers });
    const rank = (layer: string) => layers.indexOf(layer);
    hits.sort((a, b) => rank(a.layer.id) - rank(b.layer.id));
    // Features of tiles carry the id alone, and the name of their layer is that of the collection.
    const keyOf = (hit: (typeof hits)[number]) => String(hit.properties['key'] ?? `${hit.sourceLayer}:${String(hit.properties['id'] ?? hit.id)}`);
    this.around.pressed([...new Set(hits.map(keyOf))]);
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Enter') {
      const { clientWidth, clientHeight } = this.around.container;
      this.press({ x: clientWidth / 2, y: clientHeight / 2 + this.around.aim() }, reach.touch);
    } else if (event.key === 'Escape') {
      this.around.leave();
    } else {
      // The map's own handler moves it after this; its end is to be kept in the address.
      this.sent = true;
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  remove(): void {
    this.map.remove();
  }
}
