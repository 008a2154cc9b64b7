/** The trace id in what was typed or pasted: 32 hexadecimal digits, alone or in a URL; null where there is none. */
export function traceIdIn(text: string): string | null {
  const found = /(?:^|[^0-9a-f])([0-9a-f]{32})(?![0-9a-f])/i.exec(text.trim());
  return found?.[1]?.toLowerCase() ?? null;
}
