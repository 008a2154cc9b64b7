import { useState } from "react";

const SAID_MILLISECONDS = 1_600;

/** Copies the whole trace id, which is shown shortened. */
export function CopyId({ id }: { id: string }) {
  const [words, setWords] = useState("Copy id");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(id);
      setWords("Copied");
    } catch {
      // Without a secure context there is no clipboard: show the id, so that it can be selected.
      setWords(id);
      return;
    }
    setTimeout(() => setWords("Copy id"), SAID_MILLISECONDS);
  };
  return (
    <button type="button" className="button" title={id} onClick={() => void copy()}>
      <span role="status">{words}</span>
    </button>
  );
}
