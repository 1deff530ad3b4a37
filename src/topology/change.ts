// A change of a topology as others see it (control path).

export interface Change {
  readonly who: 'producers' | 'consumers';
  /** Whether it breaks them; else they may ignore it. */
  readonly breaks: boolean;
  readonly what: string;
}

export function breaks(who: Change['who'], what: string): Change {
  return { who, breaks: true, what };
}

export function fits(who: Change['who'], what: string): Change {
  return { who, breaks: false, what };
}
