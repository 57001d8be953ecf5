// Language and theme of a screen: asked by the address, else remembered, else usual; and whether single keys do something.
import { themeAfter, themes, type ThemeChoice } from './address';
import type { AppInfo, Lang, UnitType } from './catalogue';
import { recall, remember } from './preferences';
import { inWordsOfPlan } from './words';

export class Appearance {
  lang = $state<Lang>('zh');
  /** Did nobody choose the language: no link, no earlier visit, no browser that speaks one of ours? */
  private unasked = true;
  private unitTypes = $state.raw<readonly UnitType[]>([]);
  theme = $state<ThemeChoice>('auto');
  shortcuts = $state(recall('shortcuts') !== 'off');
  private systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);

  words = $derived(inWordsOfPlan(this.unitTypes, this.lang));
  dark = $derived(this.theme === 'dark' || (this.theme === 'auto' && this.systemDark));

  /** Reads what is asked, and follows the system's theme; gives back how to stop. */
  appear(asked: URLSearchParams): () => void {
    const browser = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
    const lang = [asked.get('lang'), recall('lang'), ...browser].find((name): name is Lang => name === 'zh' || name === 'en');
    this.unasked = lang === undefined;
    this.lang = lang ?? 'zh';
    const known = (name: string | null) => themes.find((theme) => theme === name);
    this.theme = known(asked.get('theme')) ?? known(recall('theme')) ?? 'auto';
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => (this.systemDark = dark.matches);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }

  /** Takes over what the data says: its language where nobody chose one, and what the plan calls types of units. */
  heed(app: AppInfo): void {
    if (this.unasked) this.lang = app.lang ?? 'zh';
    this.unasked = false;
    this.unitTypes = app.plan?.unit_types ?? [];
  }

  nextTheme(): ThemeChoice {
    return themeAfter(this.theme);
  }

  switchLanguage(): void {
    this.unasked = false;
    this.lang = this.lang === 'zh' ? 'en' : 'zh';
    remember('lang', this.lang);
  }

  switchTheme(): void {
    this.theme = this.nextTheme();
    remember('theme', this.theme);
  }

  setShortcuts(on: boolean): void {
    this.shortcuts = on;
    remember('shortcuts', on ? 'on' : 'off');
  }
}
