/** Reads the part of the Dockerfile format that this repository's files use; anything else is an error. Control path. */
export interface Instruction {
  readonly name: string;
  /** The rest of the line, its continuations joined. */
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
}

const KNOWN = [
  'ARG',
  'WORKDIR',
  'COPY',
  'RUN',
  'ENV',
  'USER',
  'VOLUME',
  'EXPOSE',
  'HEALTHCHECK',
  'ENTRYPOINT',
  'CMD',
];

function instructionsOf(text: string): Instruction[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...rest] = line.split(' ');
      return { name, text: rest.join(' ') };
    });
}

/** The stages, in their order. */
export function parseDockerfile(text: string): Stage[] {
  const stages: Array<{ base: string; name: string | null; instructions: Instruction[] }> = [];
  for (const instruction of instructionsOf(text)) {
    if (instruction.name === 'FROM') {
      const [base = '', as, name] = instruction.text.split(' ');
      stages.push({ base, name: as === 'AS' && name !== undefined ? name : null, instructions: [] });
    } else if (KNOWN.includes(instruction.name)) stages.at(-1)?.instructions.push(instruction);
    else throw new Error(`not known: ${instruction.name} ${instruction.text}`);
  }
  return stages;
}

/** `NAME=value` pairs of an ENV. */
export function variables(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(' ').map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)]),
  );
}

/** The paths of a .dockerignore that leaves everything out and names what comes in. */
export function includedPaths(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (lines[0] !== '*' || !lines.slice(1).every((line) => line.startsWith('!')))
    throw new Error('a .dockerignore begins with * and lists what comes in');
  return lines.slice(1).map((line) => line.slice(1));
}
