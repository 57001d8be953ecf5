// How the page is laid out just now: wide with a side panel, or narrow with a bottom sheet at one of three stops.
const wideQuery = '(min-width: 900px)';

export const stops = ['low', 'middle', 'high'] as const;
export type Stop = (typeof stops)[number];

const lowHeight = 96;
/** Of the tabs at the foot of a narrow page, as the style sheet has it. */
const tabsHeight = 56;
const shareOfWindow: Record<Exclude<Stop, 'low'>, number> = { middle: 0.45, high: 0.92 };

export class Frame {
  wide = $state(matchMedia(wideQuery).matches);
  windowHeight = $state(innerHeight);
  /** Height of what stands above the map of a narrow page, and of the notes at its foot. */
  barHeight = $state(56);
  topHeight = $state(120);
  footHeight = $state(108);
  /** On a short window the half-open sheet would leave no map to see. */
  stop = $state<Stop>(innerHeight < 700 ? 'low' : 'middle');
  /** Is there the map alone, without bar and sheet? */
  bare = $state(false);
  /** Height of the sheet under a dragging finger. */
  dragged = $state<number | null>(null);

  sheetHeight = $derived(this.bare ? 0 : (this.dragged ?? this.heightAt(this.stop)));

  /** Keeps up with the window; gives back how to stop. */
  follow(): () => void {
    const query = matchMedia(wideQuery);
    const measure = () => {
      this.wide = query.matches;
      this.windowHeight = innerHeight;
    };
    addEventListener('resize', measure);
    query.addEventListener('change', measure);
    return () => {
      removeEventListener('resize', measure);
      query.removeEventListener('change', measure);
    };
  }

  heightAt(stop: Stop): number {
    if (stop === 'low') return lowHeight;
    const wanted = Math.round(this.windowHeight * shareOfWindow[stop]);
    return Math.max(lowHeight, Math.min(wanted, this.windowHeight - this.barHeight - this.tabs - 16));
  }

  private get tabs(): number {
    return this.wide || this.bare ? 0 : tabsHeight;
  }

  step(direction: 1 | -1): void {
    this.stop = stops[Math.min(stops.length - 1, Math.max(0, stops.indexOf(this.stop) + direction))]!;
  }

  /** The stop nearest to the height where the finger let go. */
  settle(): void {
    const { dragged } = this;
    if (dragged === null) return;
    this.stop = stops.reduce((best, stop) => (Math.abs(this.heightAt(stop) - dragged) < Math.abs(this.heightAt(best) - dragged) ? stop : best));
    this.dragged = null;
  }

  /** How far below the map's middle the middle of its uncovered part lies; negative above. */
  get aim(): number {
    if (this.wide || this.bare) return 0;
    const { top, bottom } = this.mapPadding();
    return (top - bottom) / 2;
  }

  /** What covers the map, so that nothing is shown beneath it. */
  mapPadding(): { top: number; right: number; bottom: number; left: number } {
    if (this.bare) return { top: 24, right: 24, bottom: this.footHeight + 16, left: 24 };
    if (this.wide) return { top: 64, right: 72, bottom: 64, left: 40 };
    const covered = Math.min(this.heightAt(this.stop), this.windowHeight * shareOfWindow.middle);
    return { top: this.topHeight + 16, right: 28, bottom: covered + this.tabs + this.footHeight + 24, left: 28 };
  }
}
