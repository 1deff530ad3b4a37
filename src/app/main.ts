#!/usr/bin/env node
// The entry of the command line (control path). An older Node must be able to parse this file to be refused with one
// clear line: so no import at the top, and no await.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `millrace: this is Node.js ${process.versions.node}; Millrace needs 22.18 or newer (https://nodejs.org).\n`,
  );
  process.exitCode = 1;
} else {
  void import('./cli/boot.ts').then(({ boot }) => boot());
}
