// The reader's choices that outlive a visit. Storage may be forbidden; then they last as long as the page.
const prefix = 'innospace.';

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    // Nothing to do: the choice still holds for this page.
  }
}

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}
