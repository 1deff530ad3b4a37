// Compiles topologies with the TypeScript of this repository, as an editor would (for tests).
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bareCommand } from '../support/bare-command.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const TSC: string = join(ROOT, 'node_modules/.bin/tsc');

/** What every snippet begins with: one line. */
export const PREAMBLE = `import * as m from 'millrace'; const payments = m.source('payments', { schema: { id: m.string, card: m.string, amount: m.double, note: m.nullable(m.string), at: m.timestamp }, eventTime: 'at' }); const over = m.sliding(m.hours(1));\n`;

const CONFIG = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    paths: { millrace: [join(ROOT, 'src/index.ts')] },
  },
};

export interface Project {
  readonly folder: string;
  remove(): void;
}

/** A project of its own with these files, each after the preamble. */
export function projectOf(files: Readonly<Record<string, string>>): Project {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-types-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...CONFIG, include: ['*.ts'] }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), PREAMBLE + text);
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** What the compiler says about each file of a project; nothing about those that hold. */
export async function compile(files: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const project = projectOf(files);
  try {
    const output = await new Promise<string>((done) => {
      execFile(
        ...bareCommand(process.execPath, [TSC, '-p', '.', '--pretty', 'false']),
        { cwd: project.folder },
        (_error, out) => done(out),
      );
    });
    const messages: Record<string, string> = {};
    let file = '';
    for (const line of output.split('\n')) {
      file = /^(\w+\.ts)\(/.exec(line)?.[1] ?? file;
      if (line !== '') messages[file] = `${messages[file] ?? ''}${line}\n`;
    }
    return messages;
  } finally {
    project.remove();
  }
}
