#!/usr/bin/env node
// The entry of create-millrace (control path): `npm create millrace FOLDER` writes a project as `millrace init` does.
import { InitError, initProject, nextSteps } from './init.ts';

const [folder, ...others] = process.argv.slice(2);

if (folder === undefined || folder.startsWith('-') || others.length > 0) {
  process.stderr.write('Usage: npm create millrace FOLDER\n');
  process.exitCode = 1;
} else {
  try {
    process.stdout.write(nextSteps(folder, initProject(folder)));
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    process.stderr.write(`create-millrace: ${error.message}.\n`);
    process.exitCode = 1;
  }
}
