/**
 * What a stranger does with the package, on one version of Node: installs it in an empty folder, writes a project, runs,
 * tests and checks it. Control path.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MS_PER_SECOND } from '../../src/core/time.ts';
import type { Checks } from './checks.ts';
import { type CommandOptions, run, succeed } from './commands.ts';
import { environmentOf, type Runtime } from './runtimes.ts';
import { packageSizes, sizeTable } from './sizes.ts';

/** Beside ONNX Runtime, which has the libraries of every platform in one package. */
const INSTALLED_MB_MAX = 100;
const ONNX_RUNTIME = 'onnxruntime-node';
/** From an empty folder with a warm npm cache, on a machine that is not busy. */
const FIRST_PREDICTION_SECONDS_GOAL = 60;
/** A busy machine takes longer, but not as long as this. */
const FIRST_PREDICTION_SECONDS_MAX = 240;

interface Report {
  readonly predictions: number;
  readonly labels: { readonly joined: number };
  readonly retrainings: ReadonlyArray<{ readonly verdict: string }>;
}

export interface StrangerOptions {
  readonly runtime: Runtime;
  /** A folder that does not exist yet. */
  readonly folder: string;
  readonly tarball: string;
  readonly checks: Checks;
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`);
}

export class Stranger {
  readonly #name: string;
  readonly #checks: Checks;
  readonly #tarball: string;
  readonly #home: CommandOptions;
  readonly #inApp: CommandOptions;
  #installSeconds = Number.NaN;

  constructor({ runtime, folder, tarball, checks }: StrangerOptions) {
    const env = environmentOf(runtime);
    this.#name = runtime.name;
    this.#checks = checks;
    this.#tarball = tarball;
    this.#home = { cwd: folder, env };
    this.#inApp = { cwd: join(folder, 'app'), env };
  }

  /** Runs every step. Without an installation or a project there is nothing to do for the others. */
  async run(): Promise<void> {
    const check = (name: string, body: () => Promise<void>): Promise<void | null> =>
      this.#checks.run(`${this.#name}: ${name}`, body);
    const installed = await check('the tarball installs in an empty folder, and is small', () =>
      this.#install(),
    );
    if (installed === null) return;
    const initialised = await check('npx millrace init writes a project, and its dependencies install', () =>
      this.#init(),
    );
    if (initialised === null) return;
    await check('npm start scores, labels and learns from the sample events', () => this.#start());
    await check('the dashboard is served until Ctrl-C', () => this.#serve());
    await check('npm test passes', () => this.#test());
    await check('tsc passes with skipLibCheck: false, and rejects a misspelt column', () => this.#compile());
    await check('a command from elsewhere runs by the millrace of the project', () => this.#handOver());
  }

  async #install(): Promise<void> {
    const { cwd } = this.#home;
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'package.json'), '{ "private": true }\n');
    await succeed('npm', ['install', this.#tarball], this.#home);
    const sizes = packageSizes(join(cwd, 'node_modules'));
    const sum = [...sizes.values()].reduce((a, b) => a + b, 0);
    const own = sum - (sizes.get(ONNX_RUNTIME) ?? 0);
    const total = `  ${own.toFixed(1).padStart(7)} MB beside ${ONNX_RUNTIME}`;
    process.stdout.write(`${sizeTable(sizes)}\n${total}\n`);
    expect(own <= INSTALLED_MB_MAX, `at most ${INSTALLED_MB_MAX} MB beside ${ONNX_RUNTIME}`);
  }

  async #init(): Promise<void> {
    await succeed('npx', ['millrace', 'init', 'app'], this.#home);
    // The version is not published yet.
    const file = join(this.#inApp.cwd, 'package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> };
    manifest.dependencies['millrace'] = `file:${this.#tarball}`;
    writeFileSync(file, JSON.stringify(manifest, null, 2));
    this.#installSeconds = (await succeed('npm', ['install'], this.#inApp)).seconds;
  }

  async #start(): Promise<void> {
    const startedMs = performance.now();
    let seconds = Number.NaN;
    const { stdout, stderr } = await succeed('npm', ['start', '--', '--exit', '--report', 'report.json'], {
      ...this.#inApp,
      onOutput(text) {
        if (Number.isNaN(seconds) && /^prediction /m.test(text))
          seconds = (performance.now() - startedMs) / MS_PER_SECOND;
      },
    });
    process.stdout.write(stdout.replaceAll(/^(?=.)/gm, '  '));
    const own = stderr.replaceAll(/^npm .*\n/gm, ''); // npm warns about settings of the machine
    expect(own === '', `nothing on standard error, not ${own}`);
    const report = JSON.parse(readFileSync(join(this.#inApp.cwd, 'report.json'), 'utf8')) as Report;
    const { predictions, labels, retrainings } = report;
    expect(predictions === 1_000 && labels.joined === 1_000, '1,000 predictions with their labels');
    expect(
      retrainings.some(({ verdict }) => verdict === 'promoted'),
      'a model that was promoted',
    );
    const first = this.#installSeconds + seconds;
    process.stdout.write(
      `  ${first.toFixed(1)} s from npm install to the first prediction (goal: ${FIRST_PREDICTION_SECONDS_GOAL})\n`,
    );
    expect(
      first < FIRST_PREDICTION_SECONDS_MAX,
      `the first prediction within ${FIRST_PREDICTION_SECONDS_MAX} s`,
    );
  }

  async #serve(): Promise<void> {
    let statuses: Promise<number[]> = Promise.resolve([]);
    let isAsked = false;
    const millrace = join(this.#inApp.cwd, 'node_modules', '.bin', 'millrace');
    const start = ['start', 'topologies/payments.ts', '--events', 'events.ndjson', '--port', '0'];
    const { code, stderr } = await run(millrace, start, {
      ...this.#inApp,
      onOutput(text, signal) {
        const url = /^dashboard {2}(\S+)$/m.exec(text)?.[1];
        if (url === undefined || isAsked) return;
        isAsked = true;
        statuses = statusesOf(url).finally(() => signal('SIGINT'));
        statuses.catch(() => undefined); // awaited below, once the command has ended
      },
    });
    const found = await statuses;
    expect(
      found.length > 3 && found.every((status) => status === 200),
      `all pages, not ${found.join()}: ${stderr}`,
    );
    expect(code === 0, `exit code 0, not ${code}: ${stderr}`);
  }

  async #test(): Promise<void> {
    const { stdout } = await succeed('npm', ['test'], this.#inApp);
    expect(/^\D*pass [1-9]\d*$/m.test(stdout), `tests that ran, not ${stdout}`);
  }

  async #compile(): Promise<void> {
    await succeed('npx', ['tsc', '--noEmit', '--strict', '--skipLibCheck', 'false'], this.#inApp);
    const file = join(this.#inApp.cwd, 'topologies', 'payments.ts');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace("mean('amount'", "mean('amout'"));
    const { code, stdout } = await run('npx', ['tsc', '--noEmit'], this.#inApp);
    writeFileSync(file, text);
    expect(code !== 0 && stdout.includes('amout'), `an error that names the column, not ${stdout}`);
  }

  async #handOver(): Promise<void> {
    const elsewhere = join(this.#home.cwd, 'node_modules', '.bin', 'millrace');
    const topology = join(this.#inApp.cwd, 'topologies', 'payments.ts');
    const { stdout } = await succeed(elsewhere, ['describe', topology], { ...this.#home, cwd: '/' });
    expect(stdout.includes('topology payments'), `the topology, not ${stdout}`);
  }
}

/** The dashboard's page and every file that it names, a probe and the metrics. */
async function statusesOf(url: string): Promise<number[]> {
  const page = await fetch(url);
  const html = await page.text();
  const files = [...html.matchAll(/(?:src|href)="([^"#:]+)"/g)].map(([, path]) => path as string);
  const answers = await Promise.all(
    [...files, '/livez', '/metrics'].map((path) => fetch(new URL(path, url))),
  );
  return [page.status, ...answers.map(({ status }) => status)];
}
