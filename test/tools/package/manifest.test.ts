// The manifest that is published against the repository's own.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { type Manifest, publishedManifest } from '../../../tools/package/manifest.ts';

const own = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const published = publishedManifest(own);

t.test('exports and bin name what is built, at the paths of the sources', async (t) => {
  const built = (source: string): string => source.replace('src/', 'dist/').replace(/ts$/, 'js');
  t.strictSame(published['bin'], { millrace: built('src/app/main.ts') });
  const sources = own['exports'] as Record<string, string>;
  for (const [entry, to] of Object.entries(published['exports'] as Record<string, unknown>)) {
    const source = sources[entry] ?? '';
    const types = built(source).replace(/js$/, 'd.ts');
    t.strictSame(to, source.endsWith('.ts') ? { types, default: built(source) } : source, entry);
  }
  t.strictSame(Object.keys(published['exports'] as object), Object.keys(sources));
});

t.test(
  'what is of use in the repository alone is left out, and publishing keeps its own settings',
  async (t) => {
    for (const field of ['scripts', 'devDependencies', 'tap', 'allowScripts'])
      t.notOk(field in published, field);
    t.strictSame(published.publishConfig, { access: 'public' });
    t.equal(published['engines'], own['engines']);
  },
);
