import { fullMoment, when } from "../words/moments";

/** A moment in the viewer's zone; everything about it on hover. */
export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={fullMoment(at)}>
      {when(at)}
    </time>
  );
}
