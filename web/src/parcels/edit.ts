// A drawn shape under the hand: corners and middles of edges are dragged, the whole is moved, a corner goes by a press of the right
// button. By terra-draw, which is fetched when a shape is first changed.
import type { Map as MapLibre } from 'maplibre-gl';
import type { Position } from 'geojson';
import { TerraDraw, TerraDrawPolygonMode, TerraDrawSelectMode } from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import type { Tokens } from '../map/symbols';
import { outline, type Drawn } from './conditions';
import { reshaped, ringOf } from './shapes';

/** What the names of its layers and sources begin with. */
export const prefix = 'edit';
/** How near a press must be to a corner, pixels. */
const reach = 24;
/** Degrees are given and kept with so many digits, as everywhere on the page. */
const figures = 7;
const round = (at: Position): Position => at.slice(0, 2).map((value) => Number(value.toFixed(figures)));
const ringOfDrawn = (drawn: Drawn): Position[] => (drawn.shape === 'circle' ? ringOf(drawn, 24) : outline(drawn).slice(0, -1)).map(round);

/** A drag that ends over a bar of buttons must end, too. */
const capture = ({ currentTarget, pointerId }: PointerEvent) => (currentTarget as Element).setPointerCapture(pointerId);

export class ShapeEditor {
  private readonly draw: TerraDraw;
  private readonly id: string | number;
  private shown: Drawn;
  /** Shapes that it shows or told of itself: they are no news when they come back. */
  private readonly known = new WeakSet<Drawn>();
  private silent = false;

  constructor(private readonly map: MapLibre, tokens: Tokens, drawn: Drawn, changed: (drawn: Drawn) => void) {
    this.shown = drawn;
    this.known.add(drawn);
    const [line, ground] = [tokens['core'], tokens['bg']] as [`#${string}`, `#${string}`];
    const point = { Color: ground, OutlineColor: line, OutlineWidth: 2 };
    const coordinates = { polygon: { draggable: true, midpoints: { draggable: true }, deletable: true }, box: { resizable: 'opposite' as const }, circle: { resizable: 'center' as const } };
    const flags = Object.fromEntries(Object.entries(coordinates).map(([shape, of]) => [shape, { feature: { draggable: true, coordinates: of } }]));
    this.draw = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map, prefixId: prefix, coordinatePrecision: figures }),
      modes: [
        new TerraDrawPolygonMode({ modeName: drawn.shape }),
        new TerraDrawSelectMode({
          flags,
          keyEvents: null,
          pointerDistance: reach,
          allowManualDeselection: false,
          // Of so many steps of the pointer one is left out; none may be, lest it be the last.
          dragEventThrottle: Infinity,
          styles: {
            selectedPolygonColor: line, selectedPolygonFillOpacity: 0.12, selectedPolygonOutlineColor: line, selectedPolygonOutlineWidth: 2.4,
            selectionPointColor: point.Color, selectionPointOutlineColor: point.OutlineColor, selectionPointOutlineWidth: 2.4, selectionPointWidth: 6,
            midPointColor: point.OutlineColor, midPointOutlineColor: point.Color, midPointOutlineWidth: 1.5, midPointWidth: 4,
          },
        }),
      ],
    });
    this.draw.start();
    map.getCanvas().addEventListener('pointerdown', capture);
    this.id = this.draw.getFeatureId();
    const ring = ringOfDrawn(drawn);
    const [told] = this.draw.addFeatures([{ id: this.id, type: 'Feature', geometry: { type: 'Polygon', coordinates: [[...ring, ring[0]!]] }, properties: { mode: drawn.shape } }]);
    if (told?.valid === false) throw new Error(told.reason);
    this.draw.selectFeature(this.id);
    this.draw.on('change', (ids, kind) => {
      if (this.silent || kind !== 'update' || !ids.includes(this.id)) return;
      const geometry = this.draw.getSnapshotFeature(this.id)?.geometry;
      const next = geometry?.type === 'Polygon' ? reshaped(this.shown, geometry.coordinates[0]!.slice(0, -1)) : null;
      if (!next) return;
      this.shown = next;
      this.known.add(next);
      changed(next);
    });
  }

  /** Shows what was changed elsewhere. */
  show(drawn: Drawn): void {
    if (this.known.has(drawn)) return;
    this.known.add(drawn);
    this.shown = drawn;
    const ring = ringOfDrawn(drawn);
    this.silent = true;
    // Handles follow a shape only when it is selected anew.
    this.draw.deselectFeature(this.id);
    this.draw.updateFeatureGeometry(this.id, { type: 'Polygon', coordinates: [[...ring, ring[0]!]] });
    this.draw.selectFeature(this.id);
    this.silent = false;
  }

  stop(): void {
    this.map.getCanvas().removeEventListener('pointerdown', capture);
    this.draw.stop();
  }
}
