// What every map of the page needs of the library: its worker, its style sheet, and two facts that it does not tell.
import { setWorkerUrl, type ErrorEvent, type Map as MapLibre } from 'maplibre-gl';
import type { ServiceError } from '../service';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import 'maplibre-gl/dist/maplibre-gl.css';

setWorkerUrl(workerUrl);

const earthCircumference = 40_075_016.686;

/** On the ground, at a latitude and a zoom of tiles of 512 pixels. */
export function metresPerPixel(latitude: number, zoom: number): number {
  return (earthCircumference * Math.cos((latitude * Math.PI) / 180)) / (512 * 2 ** zoom);
}

export interface Padding { top: number; right: number; bottom: number; left: number }

/** What covers a map, kept so far below the size of a small window that something can be shown; of a low one half is left free. */
export function roomIn({ container: { clientWidth, clientHeight }, padding }: { container: HTMLElement; padding: () => Padding }): Padding {
  const { top, right, bottom, left } = padding();
  const across = Math.min(1, (clientWidth * 0.8) / (left + right));
  const down = Math.min(1, (clientHeight * (clientHeight < 500 ? 0.5 : 0.8)) / (top + bottom));
  return { top: top * down, right: right * across, bottom: bottom * down, left: left * across };
}

/** Whether the browser can draw the map at all. */
export function canDraw(): boolean {
  const probe = document.createElement('canvas');
  return Boolean(probe.getContext('webgl2') ?? probe.getContext('webgl'));
}

/**
 * Whether a tile in sight shows a part of its features only, as tiles do that would grow too large: how many stand there and how
 * many are shown, the service tells in a layer beside them.
 */
export function isThinned(map: MapLibre): boolean {
  const layers = map.getLayersOrder().flatMap((id) => map.getLayer(id) ?? []);
  const tiled = layers.filter(({ sourceLayer, visibility }) => sourceLayer && visibility !== 'none');
  return [...new Map(tiled.map((layer) => [`${layer.source} ${layer.sourceLayer}`, layer])).values()].some(({ source, sourceLayer }) =>
    map.querySourceFeatures(source, { sourceLayer: `${sourceLayer}:counts` }).some(({ properties }) => properties['shown'] < properties['present']),
  );
}

/** Are there parcels in the style that it draws from closer by only? */
export function hidesParcels(map: MapLibre): boolean {
  return map.getLayersOrder().some((id) => id.startsWith('parcel-fill') && (map.getLayer(id)?.minzoom ?? 0) > map.getZoom());
}

type TileId = { x: number; y: number; z: number };

/** The tiles of a map that could not be fetched, each told of. */
export class MissingTiles {
  private readonly ofSource = new Map<string, TileId[]>();

  constructor(private readonly map: MapLibre, failed: (kind: ServiceError['kind']) => void) {
    map.on('error', (event: ErrorEvent & { sourceId?: string; tile?: { tileID: { canonical: TileId } } }) => {
      const { error, sourceId, tile } = event;
      // A failed request carries the status of its answer, 0 where there was none. Any other fault is told as if nobody listened.
      if (!('status' in error)) return console.error(error);
      if (sourceId !== undefined && tile) this.ofSource.set(sourceId, [...(this.ofSource.get(sourceId) ?? []), tile.tileID.canonical]);
      failed(error.status === 0 ? 'unreachable' : 'refused');
    });
  }

  fetchAgain(): void {
    // Named one by one: a reload of all tiles of a source leaves those that failed waiting for ever.
    for (const [id, tiles] of this.ofSource) if (this.map.getSource(id)) this.map.refreshTiles(id, tiles);
    this.ofSource.clear();
  }
}

/** The mark of where the reader stands, kept in its place while the map moves. */
export class Standing {
  private readonly element = document.createElement('div');
  private at: readonly [number, number] | null = null;

  constructor(private readonly map: MapLibre) {
    this.element.className = 'standing';
    this.element.setAttribute('role', 'img');
    map.on('move', () => this.place());
    map.on('resize', () => this.place());
  }

  /** Puts it at a position (longitude, latitude), or takes it off. */
  show(at: readonly [number, number] | null, label: string): void {
    this.at = at;
    this.element.setAttribute('aria-label', label);
    if (!at) return this.element.remove();
    this.map.getCanvasContainer().append(this.element);
    this.place();
  }

  private place(): void {
    if (!this.at) return;
    const { x, y } = this.map.project([...this.at]);
    this.element.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
  }
}
