// Text for a shell: a read as curl. Pure.

const PLAIN = /^[\w@%+=:,./-]+$/;

/** A value as one word of a POSIX shell. */
export function quoted(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

/** The read as curl; a token is named, never written down. */
export function curlOf(address: string, needsToken: boolean): string {
  const header = needsToken ? ' -H "Authorization: Bearer $HOLDFAST_TOKEN"' : "";
  return `curl -sS${header} ${quoted(address)}`;
}
