/**
 * Writes .oxlintrc.json from the table of layers: `node tools/lint/oxlint-config.ts`, or `--check` to fail where the
 * file on disk is out of date. Control path.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { adapterImports, adapters, compositionFolders, confinements, type Layer, layers } from './layers.ts';

const FILE = join(import.meta.dirname, '..', '..', '.oxlintrc.json');

/** Lines of a file and of a function, blank lines and comments apart. */
const FILE_LINES_MAX = 250;
const FUNCTION_LINES_MAX = 70;

interface Pattern {
  readonly group?: readonly string[];
  readonly regex?: string;
  readonly message: string;
  readonly allowTypeImports?: boolean;
}

const topFolders = [...layers.map(({ folder }) => folder), 'adapters', ...compositionFolders];

/** Import paths that leave src/FOLDER (at any depth) for one of `folders` at the top of src. */
function climbsTo(folders: readonly string[], message: string): Pattern[] {
  if (folders.length === 0) return [];
  return [{ regex: `^(\\.\\./)+(src/)?(${folders.join('|')})/`, message }];
}

function packagesOfOthers(own: readonly string[]): Pattern[] {
  const all = [...layers.flatMap(({ packages = [] }) => packages), ...Object.values(adapters).flat()];
  const group = [...new Set(all)].filter((name) => !own.includes(name)).toSorted();
  return [{ group, message: 'tools/lint/layers.ts says which folder names this package.' }];
}

/** Neither relative nor `node:`, in a regular expression without look-around. */
const PACKAGE = '^([^.n]|n[^o]|no[^d]|nod[^e]|node[^:])';

function outside({ folder, outside: kind }: Layer): Pattern[] {
  if (kind === 'none') return [{ regex: PACKAGE, message: `src/${folder} imports no package.` }];
  if (kind === undefined) return [];
  const message = `src/${folder} may import types of rxjs alone.`;
  return [{ group: ['rxjs', 'rxjs/*'], message, allowTypeImports: true }];
}

function override(files: readonly string[], patterns: readonly Pattern[]): object {
  // Only the TypeScript rule knows type imports, and the two rules are not combined on one file.
  const rule = patterns.some(({ allowTypeImports }) => allowTypeImports === true)
    ? 'typescript/no-restricted-imports'
    : 'no-restricted-imports';
  return { files, rules: { [rule]: ['error', { patterns }] } };
}

/** A path such as ../learning/x.ts inside runtime names runtime's own subfolder, so a layer's own names are excluded. */
function layerOverride(layer: Layer): object {
  const { folder, imports, packages = [] } = layer;
  const forbidden = topFolders.filter((name) => name !== folder && !imports.includes(name));
  const allowed = [...imports, folder].join(', ');
  return override(
    [`src/${folder}/**/*.ts`],
    [
      ...climbsTo(forbidden, `src/${folder} may import ${allowed} alone: imports point down the layers.`),
      ...packagesOfOthers(packages),
      ...outside(layer),
    ],
  );
}

function adapterOverrides(name: string): object[] {
  const packages = adapters[name] ?? [];
  const confinement = confinements[name];
  if (confinement === undefined) return [adapterOverride(name, name, packages)];
  const { folder, internalPrefix } = confinement;
  const message = `adapters/${name}/${folder} alone names ${packages.join(', ')}; use its interface.`;
  const internals = { regex: `/${folder}/${internalPrefix}`, message };
  // The last override that names a file holds for it.
  return [adapterOverride(name, name, [], [internals]), adapterOverride(name, `${name}/${folder}`, packages)];
}

function adapterOverride(
  name: string,
  folder: string,
  packages: readonly string[],
  more: readonly Pattern[] = [],
): object {
  const others = Object.keys(adapters).filter((other) => other !== name && other !== 'shared');
  const forbidden = topFolders.filter((folder) => folder !== 'adapters' && !adapterImports.includes(folder));
  return override(
    [`src/adapters/${folder}/**/*.ts`],
    [
      ...climbsTo(
        others,
        'An adapter never imports another adapter: what two of them share is in adapters/shared.',
      ),
      ...climbsTo(forbidden, `Adapters may import ${adapterImports.join(', ')} and adapters/shared alone.`),
      ...packagesOfOthers(packages),
      ...more,
    ],
  );
}

const config = {
  $schema: './node_modules/oxlint/configuration_schema.json',
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { typeAware: true },
  rules: {
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/return-await': 'error',
    eqeqeq: 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'no-console': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'no-await-in-loop': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'import/no-unassigned-import': 'off',
    'no-shadow': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/require-module-specifiers': 'off',
    'typescript/consistent-return': 'off',
    'import/no-named-as-default-member': 'off',
    'max-lines': ['error', { max: FILE_LINES_MAX, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': [
      'error',
      { max: FUNCTION_LINES_MAX, skipBlankLines: true, skipComments: true, IIFEs: true },
    ],
  },
  ignorePatterns: ['node_modules', 'dist', 'src/serving/dashboard/**', 'coverage', '.tap'],
  overrides: [
    ...layers.map(layerOverride),
    ...Object.keys(adapters).flatMap(adapterOverrides),
    override(
      ['src/testing/**/*.ts'],
      [...climbsTo(['app'], 'src/testing may not import src/app.'), ...packagesOfOthers([])],
    ),
    override(
      ['topologies/*.ts', 'templates/**/*.ts'],
      [
        {
          group: ['../src/**', '**/src/**'],
          message: "A topology imports from the package root alone, as a user's would.",
        },
      ],
    ),
    {
      files: ['test/**/*.ts'],
      rules: {
        'typescript/no-floating-promises': [
          'error',
          {
            allowForKnownSafePromises: [
              { from: 'package', name: ['PromiseWithSubtest'], package: '@tapjs/core' },
            ],
          },
        ],
      },
    },
    {
      // A contract is a list of cases, and a test file's only function is often its body.
      files: ['test/**/*.ts'],
      rules: { 'max-lines-per-function': 'off' },
    },
    {
      files: ['test/**/*.ts', 'bench/**/*.ts', 'tools/**/*.ts'],
      rules: { 'typescript/no-non-null-assertion': 'off' },
    },
    {
      // node:test waits for its tests itself.
      files: ['templates/*/test/*.ts'],
      rules: { 'typescript/no-floating-promises': 'off' },
    },
    {
      files: ['src/app/**/*.ts', 'tools/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts', 'demo/**/*.ts'],
      rules: { 'no-console': 'off' },
    },
  ],
};

const text = await format(JSON.stringify(config), { filepath: FILE, printWidth: 110 });
if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write('.oxlintrc.json is out of date: run node tools/lint/oxlint-config.ts\n');
  process.exitCode = 1;
}
