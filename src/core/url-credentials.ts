// The user and the password of a URL, and how texts are encoded in one (control path).

export interface UrlParts {
  /** Without user and password, and without a slash at its end. */
  readonly bare: string;
  /** Null: the URL has neither. */
  readonly user: { readonly username: string; readonly password: string } | null;
}

/** @param text a valid URL */
export function splitUrl(text: string): UrlParts {
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const bare = url.href.replace(/\/$/, '');
  if (username === '' && password === '') return { bare, user: null };
  return { bare, user: { username: decoded(username), password: decoded(password) } };
}

/** As a value of a form, or of the query of a URL. */
export function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/** A text with a lone percent sign stays as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
