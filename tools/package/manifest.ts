/**
 * The package.json that is published. In the repository `exports` and `bin` name the sources, so that nothing has to be
 * built to work on it; `publishConfig` names what is built, and takes their place in the package, as it does with pnpm
 * and Yarn. npm does not do this, so the scripts `prepack` and `postpack` do. Control path.
 */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly publishConfig?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** What is of use in the repository alone. */
const DEVELOPMENT_FIELDS = ['scripts', 'tap', 'allowScripts', 'devDependencies', 'workspaces'];

/** Fields of publishConfig that are npm's own settings for publishing. */
const SETTINGS = ['access', 'provenance', 'registry', 'tag'];

export function publishedManifest({ publishConfig = {}, ...manifest }: Manifest): Manifest {
  const entries = Object.entries(publishConfig);
  const settings = Object.fromEntries(entries.filter(([name]) => SETTINGS.includes(name)));
  const overrides = Object.fromEntries(entries.filter(([name]) => !SETTINGS.includes(name)));
  const kept = Object.entries(manifest).filter(([name]) => !DEVELOPMENT_FIELDS.includes(name));
  const { name, version } = manifest;
  const published = { ...Object.fromEntries(kept), name, version, ...overrides };
  return Object.keys(settings).length === 0 ? published : { ...published, publishConfig: settings };
}
