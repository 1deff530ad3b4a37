// Text that others chose, for a terminal (control path).

/** On one line, without the control characters that a producer or a file may put there. */
export function cutText(text: string, widthMax: number): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ');
  return line.length <= widthMax ? line : `${line.slice(0, widthMax - 1)}…`;
}
