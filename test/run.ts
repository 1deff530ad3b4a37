/**
 * `npm test [-- FILES, FOLDERS OR TAP OPTIONS]`: starts the services that the selected tests need, runs tap, stops the
 * services, and ends with the line `N passed, N failed`. `npm run test:coverage` measures coverage as well, which takes twice
 * the processor time. A service that fails to start is reported immediately and again at the end; its tests fail by
 * themselves, and with CI=true no test runs without it.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCommand, installPackages } from '../tools/services/install.ts';
import { startServices } from '../tools/services/start.ts';
import { findNeeds, type Needs } from './support/needs.ts';
import { type Counts, readTapResults } from './support/tap-results.ts';

const root = join(import.meta.dirname, '..');
const cacheDir = join(root, 'test', '.cache');
const tapFile = join(cacheDir, 'results.tap');

/** Timeout of a test file: the slowest takes a minute on two busy cores. */
const FILE_TIMEOUT_S = 240;
const JOBS = 2;

/**
 * Compiled modules are shared by the processes of all test files, which halves the processor time that each needs to start.
 * Not with coverage: V8 counts less exactly in code that comes from the cache.
 */
function compileCache(options: readonly string[]): Record<string, string> {
  return options.includes('--disable-coverage') ? { NODE_COMPILE_CACHE: join(cacheDir, 'compiled') } : {};
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** Chromium for the end-to-end tests, and the Vulkan loader that its software GPU needs. */
function ensureChromium(): Record<string, string> {
  const chromium = ensureCommand('chromium', 'chromium', 'the end-to-end tests');
  if (process.platform === 'linux' && globSync('/usr/lib/*/libvulkan.so.1').length === 0) {
    installPackages(['libvulkan1'], 'the end-to-end tests');
  }
  return { MILLRACE_CHROMIUM: chromium };
}

function runTap(
  files: readonly string[],
  options: readonly string[],
  env: Record<string, string>,
): Promise<number> {
  mkdirSync(cacheDir, { recursive: true });
  const args = [
    join(root, 'node_modules', '.bin', 'tap'),
    `--jobs=${JOBS}`,
    `--timeout=${FILE_TIMEOUT_S}`,
    '--allow-incomplete-coverage',
    `--reporter=${process.stdout.isTTY ? 'base' : 'min'}`,
    `--output-file=${tapFile}`,
    ...options,
    ...files,
  ];
  const tap = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  // Ctrl-C reaches tap by itself; this process stays to stop the services.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => tap.kill(signal));
  return new Promise((done, reject) => {
    tap.once('error', reject);
    tap.once('close', (code) => done(code ?? 1));
  });
}

/** Prints the closing line and returns the exit code. */
function conclude(counts: Counts, exitCode: number, failures: readonly string[]): number {
  for (const failure of failures) say(`\n!! ${failure}`);
  const { passed, skipped } = counts;
  // A run that failed without a failing assertion (a crash of the runner, a missing service) is not a success.
  const failed =
    counts.failed === 0 && (exitCode !== 0 || failures.length > 0 || passed === 0) ? 1 : counts.failed;
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return failed === 0 ? 0 : exitCode === 0 ? 1 : exitCode;
}

async function runWithServices(needs: Needs, options: readonly string[]): Promise<number> {
  const failures: string[] = [];
  let environment: Record<string, string> = {};
  if (needs.chromium) {
    try {
      environment = ensureChromium();
    } catch (error) {
      failures.push(`Chromium is missing: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (needs.services.length > 0) say(`starting ${needs.services.join(', ')} for the tests`);
  const services = await startServices({
    names: needs.services,
    dataRoot: null,
    onUnexpectedEnd: (message) => {
      failures.push(message);
      say(`\n!! ${message}`);
    },
  });
  try {
    failures.push(
      ...services.failures.map(({ name, message }) => `${name} could not be started: ${message}`),
    );
    for (const failure of failures) say(`\n!! ${failure}`);
    if (failures.length > 0 && process.env['CI'] === 'true') {
      return conclude({ passed: 0, failed: 1, skipped: 0 }, 1, failures);
    }
    const exitCode = await runTap(needs.files, options, {
      ...environment,
      ...services.environment,
      ...compileCache(options),
    });
    const results = readTapResults(tapFile);
    // Repeated at the end: tap prints a failure when it occurs, far above the end of its output.
    for (const failure of results.failures) say(`\nfailed: ${failure}`);
    // The names once more: the end of a long output is what a reader of CI is sure to get.
    if (results.failures.length > 1) say('');
    for (const failure of results.failures) say(`failed: ${failure.split('\n', 1)[0]}`);
    return conclude(results.counts, exitCode, failures);
  } finally {
    await services.stop();
  }
}

const argv = process.argv.slice(2);
const options = argv.filter((argument) => argument.startsWith('-'));
const paths = argv.filter((argument) => !argument.startsWith('-'));
try {
  process.exitCode = await runWithServices(findNeeds(paths), options);
} catch (error) {
  say(`npm test: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
