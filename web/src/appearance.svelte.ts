// Language and theme of a screen: asked by the address, else remembered, else usual; and whether single keys do something.
import { themeAfter, themes, type ThemeChoice } from './address';
import type { Lang } from './catalogue';
import { recall, remember } from './preferences';
import { messages } from './words';

export class Appearance {
  lang = $state<Lang>('zh');
  theme = $state<ThemeChoice>('auto');
  shortcuts = $state(recall('shortcuts') !== 'off');
  private systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);

  words = $derived(messages[this.lang]);
  dark = $derived(this.theme === 'dark' || (this.theme === 'auto' && this.systemDark));

  /** Reads what is asked, and follows the system's theme; gives back how to stop. */
  appear(asked: URLSearchParams): () => void {
    this.lang = (['zh', 'en'] as const).find((lang) => lang === asked.get('lang')) ?? (recall('lang') === 'en' ? 'en' : 'zh');
    const known = (name: string | null) => themes.find((theme) => theme === name);
    this.theme = known(asked.get('theme')) ?? known(recall('theme')) ?? 'auto';
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => (this.systemDark = dark.matches);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }

  nextTheme(): ThemeChoice {
    return themeAfter(this.theme);
  }

  switchLanguage(): void {
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
