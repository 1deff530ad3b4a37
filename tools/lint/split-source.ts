/** Splits TypeScript into code and prose (comments and strings), each with every other character blanked. Control path. */

export interface SplitSource {
  /** Code alone; lines and columns are those of the source. */
  readonly code: string;
  /** Comments, strings and templates without their substitutions. */
  readonly prose: string;
}

type State = 'code' | 'line' | 'block' | "'" | '"' | '`' | 'regex';

/** Characters before a `/` that make it the start of a regular expression and not a division. */
const BEFORE_REGEX = /[=(,:;!&|?{}[+\-*%<>~^]\s*$|\b(return|typeof|case|of|in)\s*$|^\s*$/;

function nextState(state: State, source: string, at: number, before: string): State {
  const two = source.slice(at, at + 2);
  const one = source[at] as string;
  if (state === 'code') {
    if (two === '//') return 'line';
    if (two === '/*') return 'block';
    if (one === "'" || one === '"' || one === '`') return one;
    if (one === '/' && BEFORE_REGEX.test(before)) return 'regex';
  }
  return state;
}

export function splitSource(source: string): SplitSource {
  const code: string[] = [];
  const prose: string[] = [];
  /** Brace depths at which a template's substitution ends. */
  const substitutions: number[] = [];
  let state: State = 'code';
  let depth = 0;
  let line = '';
  const put = (character: string, into: 'code' | 'prose' | 'neither'): void => {
    const blank = character === '\n' ? '\n' : ' ';
    code.push(into === 'code' ? character : blank);
    prose.push(into === 'prose' ? character : blank);
    line = character === '\n' ? '' : line + (into === 'code' ? character : ' ');
  };
  for (let at = 0; at < source.length; at++) {
    const character = source[at] as string;
    if (state === 'code') {
      if (character === '{') depth += 1;
      if (character === '}') {
        depth -= 1;
        if (substitutions.at(-1) === depth) {
          substitutions.pop();
          state = '`';
          put(character, 'neither');
          continue;
        }
      }
      state = nextState(state, source, at, line);
      put(character, state === 'code' ? 'code' : 'neither');
      continue;
    }
    if (state === 'line' && character === '\n') state = 'code';
    else if (state === 'block' && source.slice(at - 1, at + 1) === '*/') state = 'code';
    else if (character === '\\' && state !== 'line' && state !== 'block') {
      put(character, 'prose');
      at += 1;
      if (at < source.length) put(source[at] as string, 'prose');
      continue;
    } else if (state === '`' && source.slice(at, at + 2) === '${') {
      substitutions.push(depth);
      depth += 1;
      state = 'code';
      put(character, 'neither');
      at += 1;
      put('{', 'neither');
      continue;
    } else if (character === state || (state === 'regex' && (character === '/' || character === '\n')))
      state = 'code';
    put(character, state === 'code' ? 'neither' : 'prose');
  }
  return { code: code.join(''), prose: prose.join('') };
}
