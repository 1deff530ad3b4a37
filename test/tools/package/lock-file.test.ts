// What is installed with the package, by the lock file: it stands in for `npm audit` where the registry has no such endpoint
// (docs/untested.md). SECURITY.md says which advisories were looked up.
import { readFileSync } from 'node:fs';
import t from 'tap';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly deprecated?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
}

const text = readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8');
const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Locked>> }; // npm's own form
/** Name and entry of each package that comes with ours, all copies of it. */
const installed = Object.entries(packages).flatMap(([path, locked]) => {
  const [, name] = /.*node_modules\/(.+)$/.exec(path) ?? [];
  const isOurs = name === undefined || locked.link === true;
  return isOurs || locked.dev === true || locked.devOptional === true ? [] : [[name, locked] as const];
});

/** The first version without a known fault of severity moderate or above, and the advisory. */
const fixedIn: Readonly<Record<string, readonly [version: string, advisory: string]>> = {
  'adm-zip': ['0.6.1', 'GHSA-xcpc-8h2w-3j85, GHSA-vwc7-r8mq-g2x9'],
  ioredis: ['6.0.0', 'SNYK-JS-IOREDIS-19963957'],
  minimist: ['1.2.6', 'GHSA-xvch-5gv4-984h'],
  semver: ['7.5.2', 'GHSA-c2qf-rxjj-qqgw'],
  ws: ['8.21.0', 'GHSA-96hv-2xvq-fx4p'],
};

function isBefore(version: string, fixed: string): boolean {
  const [is, first] = [version, fixed].map((one) => one.split('.').map((part) => Number.parseInt(part, 10)));
  for (const [i, part] of (first ?? []).entries()) {
    const own = is?.[i] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}

t.test('no version with a fault that is known', (t) => {
  for (const [name, [fixed, advisory]] of Object.entries(fixedIn)) {
    const versions = installed.flatMap(([one, { version = '' }]) => (one === name ? [version] : []));
    t.ok(versions.length > 0, `${name} is installed; else remove its line`);
    for (const version of versions) t.notOk(isBefore(version, fixed), `${name} ${version}: ${advisory}`);
  }
  t.notOk(
    installed.some(([name, { version }]) => name === 'debug' && version === '4.4.2'),
    'GHSA-8mgj-vmr8-frr6: published by an attacker',
  );
  t.end();
});

t.test(
  'every package has its checksum, none is deprecated, and none runs a script that is not allowed',
  (t) => {
    t.ok(installed.length > 50);
    for (const [name, { integrity = '', deprecated, hasInstallScript }] of installed) {
      if (!integrity.startsWith('sha512-')) t.fail(`${name} has the checksum ${integrity}`);
      if (deprecated !== undefined) t.fail(`${name} is deprecated: ${deprecated}`);
      if (hasInstallScript === true && name !== 'onnxruntime-node')
        t.fail(`${name} runs a script when it is installed`);
    }
    t.end();
  },
);
