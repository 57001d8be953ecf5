// Third-party licences for the About dialog, read from the installed packages that end up in the browser:
// the runtime dependencies with all they pull in, the compiler whose runtime is bundled, and the two fonts.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('..', import.meta.url));
const moduleName = 'virtual:licences';
const alsoShipped = ['svelte', '@fontsource-variable/inter', '@expo-google-fonts/noto-sans-sc'];

function manifestOf(name) {
  return JSON.parse(readFileSync(join(web, 'node_modules', name, 'package.json'), 'utf8'));
}

function shippedPackages() {
  const own = JSON.parse(readFileSync(join(web, 'package.json'), 'utf8'));
  const found = new Map();
  const visit = (name) => {
    // Type declarations leave no code in the build.
    if (found.has(name) || name.startsWith('@types/')) return;
    const manifest = manifestOf(name);
    found.set(name, manifest);
    Object.keys(manifest.dependencies ?? {}).forEach(visit);
  };
  Object.keys(own.dependencies).forEach(visit);
  for (const name of alsoShipped) found.set(name, manifestOf(name));
  return found;
}

function licenceText(name) {
  const folder = join(web, 'node_modules', name);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying)/i.test(file));
  const fontLicence = files.find((file) => file === 'LICENSE_FONT');
  const file = fontLicence ?? files[0];
  return file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : '';
}

const fontNames = {
  '@fontsource-variable/inter': { name: 'Inter', licence: 'OFL-1.1' },
  '@expo-google-fonts/noto-sans-sc': { name: 'Noto Sans SC', licence: 'OFL-1.1' },
};

export function collectLicences() {
  return [...shippedPackages()].map(([name, manifest]) => ({
    name: fontNames[name]?.name ?? name,
    version: manifest.version,
    licence: fontNames[name]?.licence ?? manifest.license ?? 'see text',
    text: licenceText(name),
  }));
}

export function licences() {
  return {
    name: 'licences',
    resolveId: (id) => (id === moduleName ? `\0${moduleName}` : undefined),
    load: (id) => (id === `\0${moduleName}` ? `export default ${JSON.stringify(collectLicences())}` : undefined),
  };
}
