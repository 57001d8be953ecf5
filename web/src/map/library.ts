// What every map of the page needs of the library: its worker, its style sheet, and two facts that it does not tell.
import { setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import 'maplibre-gl/dist/maplibre-gl.css';

setWorkerUrl(workerUrl);

const earthCircumference = 40_075_016.686;

/** On the ground, at a latitude and a zoom of tiles of 512 pixels. */
export function metresPerPixel(latitude: number, zoom: number): number {
  return (earthCircumference * Math.cos((latitude * Math.PI) / 180)) / (512 * 2 ** zoom);
}

/** Whether the browser can draw the map at all. */
export function canDraw(): boolean {
  const probe = document.createElement('canvas');
  return Boolean(probe.getContext('webgl2') ?? probe.getContext('webgl'));
}
