// The types of a topology file, checked with the TypeScript of its project (control path).
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export interface TypeCheck {
  /** `TypeScript 7.0.2`; null if the project has none, or the file is JavaScript. */
  readonly compiler: string | null;
  /** `payments.ts:14:7 Type ... is not assignable ...`, with the lines that explain it. */
  readonly problems: readonly string[];
}

const UNCHECKED: TypeCheck = { compiler: null, problems: [] };

/** What a project without a tsconfig.json is checked with. */
const DEFAULT_OPTIONS = {
  target: 'es2024',
  module: 'nodenext',
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
};

/** Nothing if the project has no TypeScript: types are then the editor's affair. */
export async function typeProblems(file: string): Promise<TypeCheck> {
  const path = resolve(file);
  if (!/\.m?ts$/.test(path) || !existsSync(path)) return UNCHECKED;
  const compiler = compilerOf(path);
  if (compiler === null) return UNCHECKED;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-check-'));
  try {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configFor(path)));
    // Where the compiler looks for the packages that the configuration names in `types`.
    symlinkSync(compiler.packages, join(folder, 'node_modules'), 'junction');
    const output = await run(compiler.script, folder);
    return { compiler: `TypeScript ${compiler.version}`, problems: problemsIn(output) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Compiler {
  readonly script: string;
  readonly version: string;
  /** The node_modules folder that it is in. */
  readonly packages: string;
}

function compilerOf(path: string): Compiler | null {
  const require = createRequire(path);
  try {
    const manifest = require.resolve('typescript/package.json');
    const { version, bin } = require(manifest) as { version: string; bin: { tsc: string } }; // a package's manifest
    const folder = dirname(manifest);
    return { script: join(folder, bin.tsc), version, packages: dirname(folder) };
  } catch {
    return null;
  }
}

/** The project's own configuration for this file and what it imports. */
function configFor(path: string): object {
  const own = nearestConfig(dirname(path));
  const common = { files: [path], include: [] };
  if (own === null) return { ...common, compilerOptions: { ...DEFAULT_OPTIONS, noEmit: true } };
  return { ...common, extends: own, compilerOptions: { noEmit: true, composite: false, incremental: false } };
}

function nearestConfig(folder: string): string | null {
  const file = join(folder, 'tsconfig.json');
  if (existsSync(file)) return file;
  return dirname(folder) === folder ? null : nearestConfig(dirname(folder));
}

/** The compiler ends with an error code where it has found something: its output says what. */
function run(script: string, folder: string): Promise<string> {
  const args = [script, '-p', folder, '--pretty', 'false'];
  return new Promise((done) => {
    execFile(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 }, (_error, stdout) => done(stdout));
  });
}

/** Each problem with its place first; the lines below it are indented. */
function problemsIn(output: string): string[] {
  const problems: string[] = [];
  for (const line of output.split('\n')) {
    const [, file, row, column, what] = /^(\S.*?)\((\d+),(\d+)\): error (.*)$/.exec(line) ?? [];
    if (what !== undefined) problems.push(`${file}:${row}:${column} ${what}`);
    else if (line.startsWith('error ')) problems.push(line);
    else if (line.startsWith(' ') && problems.length > 0) problems.push(`  ${line.trimEnd()}`);
  }
  return problems;
}
