// Where the reader is, as the browser knows it. It asks the reader first, so ask it only after a press.

/** Longitude and latitude in degrees, and how far off they may be, metres. */
export interface Location { at: [number, number]; accuracy: number }

/** Why there is no location: the reader or the browser refused, none was found, or the page may not ask. */
export type Denied = 'refused' | 'unavailable' | 'insecure';

const patienceMs = 15_000;

/** A browser hands out no location to a page that others could have changed on the way. */
export const mayLocate = (): boolean => isSecureContext && 'geolocation' in navigator;

export function locate(): Promise<Location | Denied> {
  if (!mayLocate()) return Promise.resolve('insecure');
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ at: [coords.longitude, coords.latitude], accuracy: coords.accuracy }),
      (fault) => resolve(fault.code === fault.PERMISSION_DENIED ? 'refused' : 'unavailable'),
      { timeout: patienceMs, maximumAge: 60_000 },
    );
  });
}
