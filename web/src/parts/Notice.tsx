// What stands where data would: empty, failed, or not found, each with the one thing to do next.

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { problemWords } from "../api/problems";
import { FiguresContext, useFigures } from "../export/context";

/** What would be here, and the one command that puts it there. */
export function Empty({
  title,
  children,
  command,
  actions,
}: {
  title: string;
  children?: ReactNode;
  command?: string;
  actions?: ReactNode;
}) {
  return (
    <div className="panel notice">
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {command && <code>{command}</code>}
      {actions && <div className="notice-actions">{actions}</div>}
    </div>
  );
}

/** What was tried, what was answered, what to do. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const words = problemWords(error);
  return (
    <div className="panel notice" role="alert">
      <h2>{words.title}</h2>
      <p>{words.detail}</p>
      <p>{withCode(words.next)}</p>
      {retry && (
        <button type="button" className="button" onClick={retry}>
          Retry
        </button>
      )}
    </div>
  );
}

/** `words` in backticks become code. */
function withCode(text: string): ReactNode {
  return text.split("`").map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part));
}

/** The same two, small, inside a panel that keeps its size. */
export function Quiet({ children, height }: { children: ReactNode; height?: number }) {
  return (
    <div className="notice-small" style={height === undefined ? undefined : { minHeight: height }}>
      {children}
    </div>
  );
}

type AnsweredProps<Data> = {
  query: Pick<UseQueryResult<Data>, "data" | "error" | "refetch">;
  bones: ReactNode;
  small?: boolean;
  children: (data: Data) => ReactNode;
};

/** The data once there is any; until then the page's own shape, or what went wrong. */
export function Answered<Data>({ query, bones, small, children }: AnsweredProps<Data>) {
  useFigures(query.data);
  if (query.data !== undefined)
    return <FiguresContext value={query.data}>{children(query.data)}</FiguresContext>;
  if (!query.error) return bones;
  if (!small) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const words = problemWords(query.error);
  return (
    <Quiet>
      {words.title}. {words.detail}
    </Quiet>
  );
}
