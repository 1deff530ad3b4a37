// The Dockerfiles of the repository and of a new project, as far as they can be checked without building them:
// `npm run test:image` builds and runs them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { initProject } from '../../src/app/init/init.ts';
import { includedPaths, parseDockerfile, variables } from '../../tools/image/dockerfile.ts';

const project = join(t.testdir({}), 'project');
initProject(project);

const images = [
  { name: 'engine', file: 'docker/Dockerfile', ignore: 'docker/Dockerfile.dockerignore', context: '.' },
  {
    name: 'project',
    file: join(project, 'Dockerfile'),
    ignore: join(project, '.dockerignore'),
    context: project,
  },
];

for (const { name, file, ignore, context } of images) {
  const stages = parseDockerfile(readFileSync(file, 'utf8'));
  const included = includedPaths(readFileSync(ignore, 'utf8'));
  const last = stages.at(-1);
  const textOf = (instruction: string): string | undefined =>
    last?.instructions.findLast((one) => one.name === instruction)?.text;

  t.test(`${name}: what is copied is in the context`, async (t) => {
    const copies = stages.flatMap(({ instructions }) => instructions.filter((one) => one.name === 'COPY'));
    t.ok(copies.length > 0);
    for (const { text } of copies) {
      const sources = text.split(' ').slice(0, -1);
      if (sources[0]?.startsWith('--from=') === true || sources.join() === '.') continue;
      for (const source of sources) {
        t.ok(
          included.some((path) => source === path || source.startsWith(`${path}/`)),
          `${source} is let in`,
        );
        // npm install writes the lock file of a new project.
        t.ok(existsSync(join(context, source)) || source === 'package-lock.json', source);
      }
    }
  });

  t.test(`${name}: it runs the package's command on Node 24, and not as root`, async (t) => {
    t.ok(stages.every(({ base }) => base === 'node:24-trixie-slim'));
    const user = /^(\d+):\d+$/.exec(textOf('USER') ?? '')?.[1];
    t.ok(Number(user) > 0, 'a number, so that a cluster can check it');
    const { publishConfig } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      publishConfig: { bin: { millrace: string } };
    };
    t.match(textOf('ENTRYPOINT'), `node_modules/millrace/${publishConfig.bin.millrace}`);
  });

  t.test(`${name}: it writes to the volume alone`, async (t) => {
    const env = variables(textOf('ENV') ?? '');
    t.equal(env['MILLRACE_DATA'], textOf('VOLUME'));
    t.equal(env['MILLRACE_HOST'], '0.0.0.0', 'the port is reached from outside');
  });
}
